// The unit that results are in, and numbers as people read them.

import type { Question } from "./types";

const UNITS: Record<string, string> = {
  ns: "ns",
  us: "µs",
  ms: "ms",
  millis: "ms",
  milliseconds: "ms",
  s: "s",
  sec: "s",
  seconds: "s",
  minutes: "min",
  hours: "h",
  days: "d",
  bytes: "B",
  kb: "kB",
  mb: "MB",
  gb: "GB",
  kib: "KiB",
  mib: "MiB",
  gib: "GiB",
  percent: "%",
  pct: "%",
  celsius: "°C",
  fahrenheit: "°F",
  watts: "W",
  volts: "V",
  amperes: "A",
  hertz: "Hz",
  hz: "Hz",
  mhz: "MHz",
  kmh: "km/h",
  usd: "$",
  eur: "€",
};
const STATISTICS = new Set(["total", "sum", "count", "avg", "mean", "min", "max", "p50", "p95", "p99"]);
const UNITLESS = new Set(["count", "distinct", "variance", "seen", "began"]);
const BYTES = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Of a column of the answer; empty where nothing tells it. */
export function unitOf(question: Question, column: string): string {
  if (column === "change_percent" || column.startsWith("share")) return "%";
  if (question.form === "age") return column === "seconds" ? (question.unit ?? "s") : "";
  if (question.form !== "aggregate" && question.form !== "list") return "";
  const said = question.aggregations.find((each) => labelOf(each) === column) ?? question.aggregations[0];
  if (question.over)
    return question.over.percent && ![labelOf(question.aggregations[0]), "of"].includes(column) ? "%" : "";
  if (question.share && ["previous", "change"].includes(column)) return "%";
  if (question.form === "list" ? column !== "value" : !said || UNITLESS.has(said.function)) return "";
  if (question.groups.some((group) => group.key === column)) return "";
  const units = new Set(question.names.map(unitOfName));
  const own = question.unit ?? (units.size === 1 ? [...units][0] : "");
  return own && said?.per ? `${own}/${said.per}` : own;
}

function labelOf(each: Question["aggregations"][number]): string {
  if (each.percent !== null) return `p${each.percent}`;
  if (each.key) return `distinct_${each.key.key}`;
  return each.per ? `${each.function}_per_${each.per}` : each.function;
}

export function unitOfName(name: string): string {
  const words = name
    .toLowerCase()
    .split(/[_.:/-]+/)
    .filter(Boolean);
  while (words.length > 1 && STATISTICS.has(words[words.length - 1])) words.pop();
  if (words.length < 2 || words[words.length - 2] === "per") return "";
  return UNITS[words[words.length - 1]] ?? "";
}

const few = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const many = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const some = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const tiny = new Intl.NumberFormat("en", { notation: "scientific", maximumSignificantDigits: 3 });

export function plain(value: number): string {
  const size = Math.abs(value);
  const format = size !== 0 && (size < 1e-4 || size >= 1e15) ? tiny : size >= 10_000 ? many : size >= 1000 ? some : few;
  return format.format(value).replace("-", "−");
}

/** With its unit; bytes in the size that fits them. */
export function amount(value: number, unit: string): string {
  if (unit === "B") {
    const step = value === 0 ? 0 : Math.max(0, Math.min(BYTES.length - 1, Math.floor(Math.log10(Math.abs(value)) / 3)));
    return `${plain(value / 1000 ** step)} ${BYTES[step]}`;
  }
  if (unit === "%") return `${(Math.abs(value) < 1000 ? some : many).format(value).replace("-", "−")} %`;
  return unit ? `${plain(value)} ${unit}` : plain(value);
}

/** For an axis, where there is little room. */
export function brief(value: number, unit: string): string {
  if (unit === "B") return amount(value, unit);
  return Math.abs(value) >= 10_000 ? short.format(value) : few.format(value);
}

export const signed = (value: number, unit: string): string => `${value > 0 ? "+" : ""}${amount(value, unit)}`;
