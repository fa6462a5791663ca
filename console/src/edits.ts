// Changes of a question, each giving another one; what can no longer hold without a part goes with it.

import type { Aggregation, Grain, GroupKey, Question, Range, TagFilter, Unit } from "./types";

type Reduced = Pick<Aggregation, "function" | "percent">;

export const FUNCTIONS: [string, Reduced][] = [
  ...(
    [
      ["count", "count"],
      ["sum", "sum"],
      ["average", "avg"],
      ["lowest", "min"],
      ["highest", "max"],
    ] as const
  ).map(([label, name]): [string, Reduced] => [label, { function: name, percent: null }]),
  ...([50, 90, 95, 99] as const).map((percent): [string, Reduced] => [
    percent === 50 ? "median" : `p${percent}`,
    { function: "percentile", percent },
  ]),
  ...(
    [
      ["range", "range"],
      ["standard deviation", "stddev"],
      ["first", "first"],
      ["latest", "latest"],
    ] as const
  ).map(([label, name]): [string, Reduced] => [label, { function: name, percent: null }]),
];

export const GRAINS: Grain[] = [
  ["minute", 1],
  ["minute", 5],
  ["minute", 15],
  ["hour", 1],
  ["hour", 6],
  ["day", 1],
  ["week", 1],
  ["month", 1],
].map(([unit, count]) => ({ unit: unit as Unit, count: count as number }));
const SECONDS: Record<Unit, number> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
  quarter: 7_776_000,
  year: 31_536_000,
};
const FEWEST_BUCKETS = 12;

/** As JSON with the keys of objects in order, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

export const equal = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);
export const removed = <T>(items: T[], index: number): T[] => items.filter((_, place) => place !== index);
const placed = <T>(items: T[], index: number, item: T): T[] => [
  ...items.slice(0, index),
  item,
  ...items.slice(index + 1),
];

export const grainLabel = (grain: Grain): string => (grain.count === 1 ? grain.unit : `${grain.count} ${grain.unit}s`);
export const grainSeconds = (grain: Grain): number => SECONDS[grain.unit] * grain.count;

export function isAggregation(one: Aggregation, other: Reduced): boolean {
  return one.function === other.function && one.percent === other.percent;
}

export function withAggregation(question: Question, index: number, next: Reduced): Question {
  const whole: Aggregation = { key: null, per: null, ...next };
  const others = removed(question.aggregations, index).filter((each) => !equal(each, whole));
  const adds = next.function === "count" || next.function === "sum";
  return {
    ...question,
    aggregations: [...others.slice(0, index), whole, ...others.slice(index)],
    share: question.share && adds,
    having: [],
  };
}

export const withoutAggregation = (question: Question, index: number): Question => ({
  ...question,
  aggregations: removed(question.aggregations, index),
});

/** Another metric has other tags: conditions and groups stay, and the answer says where they fit nothing. */
export const withName = (question: Question, name: string): Question => ({
  ...question,
  names: [name],
  types: [],
  unit: null,
  over: question.over?.percent ? { ...question.over, names: [name] } : question.over,
});

export function withTag(question: Question, index: number, next: TagFilter): Question {
  const before = question.tags[index];
  const over = question.over && {
    ...question.over,
    tags: question.over.tags.map((tag) => (equal(tag, before) ? next : tag)),
  };
  return { ...question, tags: placed(question.tags, index, next), over };
}

export function withoutTag(question: Question, index: number): Question {
  const gone = question.tags[index];
  const over = question.over && { ...question.over, tags: question.over.tags.filter((tag) => !equal(tag, gone)) };
  const tags = removed(question.tags, index);
  return { ...question, tags, over: over?.percent && equal(tags, over.tags) ? null : over };
}

export const withGroup = (question: Question, index: number, next: GroupKey): Question => ({
  ...question,
  groups: placed(
    removed(
      question.groups,
      question.groups.findIndex((each, place) => place !== index && equal(each, next)),
    ),
    index,
    next,
  ),
});

export function withoutGroup(question: Question, index: number): Question {
  const groups = removed(question.groups, index);
  const few = groups.length ? {} : { rank: null, share: false, having: [] };
  return { ...question, groups, ...few };
}

export const withoutGrain = (question: Question): Question => ({ ...question, grain: null });

export const withRank = (question: Question, count: number, descending: boolean): Question => ({
  ...question,
  rank: { count, descending, per: [], others: false },
});

export function groupings(keys: string[]): [string, GroupKey][] {
  return [
    ...keys.map((key): [string, GroupKey] => [key, { kind: "tag", key }]),
    ["metric name", { kind: "name", key: "name" }],
    ["hour of day", { kind: "hour", key: "hour" }],
    ["weekday", { kind: "weekday", key: "weekday" }],
  ];
}

/** What the range may be held against: needs both ends. */
export function comparisons(question: Question): [string, Range][] {
  const { start, end } = question.range;
  if (!start || !end) return [];
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const moved = (by: number): Range => ({
    start: new Date(from - by).toISOString(),
    end: new Date(to - by).toISOString(),
  });
  const found: [string, Range][] = [["the period before", moved(to - from)]];
  if (to - from < 86_400_000) found.push(["the same time the day before", moved(86_400_000)]);
  if (to - from < 7 * 86_400_000) found.push(["the same time the week before", moved(7 * 86_400_000)]);
  return found;
}

/** Of one range: then nothing is ranked by how it changed. */
export const uncompared = (question: Question): Question => ({
  ...question,
  compared_to: null,
  having: question.having.filter((each) => each.of === "value"),
  rank: question.rank && { ...question.rank, by: "value" },
});

/** The part of a range, in buckets fine enough to show something. */
export function zoomed(question: Question, from: number, to: number): Question {
  let grain = question.grain;
  if (grain && (to - from) / grainSeconds(grain) < FEWEST_BUCKETS) {
    const finer = GRAINS.filter((each) => grainSeconds(each) < grainSeconds(grain!)).reverse();
    grain =
      finer.find((each) => (to - from) / grainSeconds(each) >= FEWEST_BUCKETS) ?? finer[finer.length - 1] ?? grain;
  }
  const step = Math.min(grain ? grainSeconds(grain) : 60, 3600); // days begin on an hour, in most zones
  const [start, end] = [Math.floor(from / step) * step, Math.ceil(to / step) * step].map((at) =>
    new Date(at * 1000).toISOString(),
  );
  return { ...uncompared(question), grain, range: { start, end } };
}

/** `2026-11-27T13:05`, as clocks of the zone show the instant. */
export function wallClock(text: string, zone: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(
    new Date(text),
  );
  return parts.replace(" ", "T");
}

export function fromWallClock(text: string, zone: string): string {
  const wanted = Date.parse(`${text}:00Z`);
  let guess = wanted;
  for (let tries = 0; tries < 2; tries += 1)
    guess += wanted - Date.parse(`${wallClock(new Date(guess).toISOString(), zone)}:00Z`);
  return new Date(guess).toISOString();
}
