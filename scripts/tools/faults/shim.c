/* Loaded before libc into mongod or the server: a disk that is slow to confirm, and a clock that jumps.

   What it does stands in a file of three 64-bit numbers that is mapped by all who have it: microseconds that each
   fsync takes longer, nanoseconds that the clock of the day is ahead, and how many fsyncs there were. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SINCE_BOOT 1000000000 /* seconds: what is less is an instant of a clock that began with the machine */

struct shared {
    volatile int64_t delay_us, ahead_ns, fsyncs;
};

static struct shared none;
static struct shared *shared = &none;
static int (*real_clock)(clockid_t, struct timespec *);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*real_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
static int (*real_sem_timedwait)(sem_t *, const struct timespec *);

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("FAULTS_SHARED");
    int file = path ? open(path, O_RDWR) : -1;
    real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"); /* not that of old programs */
    if (!real_timedwait)
        real_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    real_clockwait = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    real_sem_timedwait = dlsym(RTLD_NEXT, "sem_timedwait");
    if (file >= 0) {
        void *found = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (found != MAP_FAILED)
            shared = found;
        close(file);
    }
}

static void wait_as_the_disk(void) {
    int64_t left = shared->delay_us;
    __sync_fetch_and_add(&shared->fsyncs, 1);
    if (left > 0) {
        struct timespec pause = {left / 1000000, left % 1000000 * 1000};
        nanosleep(&pause, NULL);
    }
}

int fsync(int file) {
    wait_as_the_disk();
    return real_fsync(file);
}

int fdatasync(int file) {
    wait_as_the_disk();
    return real_fdatasync(file);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int result = real_clock ? real_clock(clock, at) : -1;
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t nanoseconds = at->tv_nsec + shared->ahead_ns % 1000000000;
        at->tv_sec += shared->ahead_ns / 1000000000;
        if (nanoseconds < 0) {
            nanoseconds += 1000000000;
            at->tv_sec -= 1;
        } else if (nanoseconds >= 1000000000) {
            nanoseconds -= 1000000000;
            at->tv_sec += 1;
        }
        at->tv_nsec = nanoseconds;
    }
    return result;
}

int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    (void)zone;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return result;
}

/* Who waits until an instant has made it from the clock that jumps; the kernel knows only the true one. */
static const struct timespec *truly(const struct timespec *until, struct timespec *made) {
    int64_t ahead = shared->ahead_ns;
    int64_t at = (int64_t)until->tv_sec * 1000000000 + until->tv_nsec - ahead;
    if (ahead == 0 || until->tv_sec < SINCE_BOOT || at < 0)
        return until;
    made->tv_sec = at / 1000000000;
    made->tv_nsec = at % 1000000000;
    return made;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec made;
    return real_timedwait(condition, mutex, truly(until, &made));
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until) {
    struct timespec made;
    return real_clockwait(condition, mutex, clock, truly(until, &made));
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    struct timespec made;
    return real_sem_timedwait(semaphore, truly(until, &made));
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
