// What this tab and this browser remember. The key stays in the tab: it is in no URL and on no disk.

const KEY = "telemetry.key";

export const session = {
  get key(): string | null {
    return sessionStorage.getItem(KEY);
  },
  set key(value: string | null) {
    if (value === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  },
};

/** A value that the browser keeps; what is there already may be anything. */
export function kept<T>(
  name: string,
  otherwise: T,
  fits: (value: unknown) => value is T,
): { read(): T; write(value: T): void } {
  const place = `telemetry.${name}`;
  return {
    read() {
      try {
        const value: unknown = JSON.parse(localStorage.getItem(place) ?? "null");
        return fits(value) ? value : otherwise;
      } catch {
        return otherwise;
      }
    },
    write(value) {
      try {
        localStorage.setItem(place, JSON.stringify(value));
      } catch {
        /* a browser that keeps nothing still works */
      }
    },
  };
}

export const isText = (value: unknown): value is string => typeof value === "string";
export const areTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
