// Instants as people read them, in the zone that is asked in.

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options })));
  return found;
}

const DAY: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export function day(at: Date, zone: string): string {
  const year = format(zone, { year: "numeric" }).format(at);
  const now = format(zone, { year: "numeric" }).format(new Date());
  return format(zone, DAY).format(at) + (year === now ? "" : ` ${year}`);
}

export function clock(at: Date, zone: string): string {
  const seconds = at.getTime() % 60_000 !== 0;
  return format(zone, seconds ? { ...CLOCK, second: "2-digit" } : CLOCK).format(at);
}

const isMidnight = (at: Date, zone: string): boolean => clock(at, zone) === "00:00";

export function instant(text: string, zone: string): string {
  const at = new Date(text);
  return `${day(at, zone)} ${clock(at, zone)}`;
}

/** A half-open range: whole days as days, else with the times of day. */
export function range(start: string | null, end: string | null, zone: string): string {
  if (!start && !end) return "all time";
  if (!start) return `until ${minute(new Date(end!), zone)}`;
  if (!end) return `since ${minute(new Date(start), zone)}`;
  const [from, to] = [new Date(start), new Date(end)];
  if (isMidnight(from, zone) && isMidnight(to, zone)) {
    const last = new Date(to.getTime() - 1);
    return day(from, zone) === day(last, zone) ? day(from, zone) : `${day(from, zone)} – ${day(last, zone)}`;
  }
  const same = day(from, zone) === day(to, zone);
  return `${minute(from, zone)} – ${same ? format(zone, CLOCK).format(to) : minute(to, zone)}`;
}

function minute(at: Date, zone: string): string {
  return `${day(at, zone)} ${format(zone, CLOCK).format(at)}`;
}

export function ago(text: string): string {
  const seconds = (Date.now() - new Date(text).getTime()) / 1000;
  for (const [size, unit] of [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return "just now";
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
