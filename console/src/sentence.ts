// The question as one sentence, in the order of the reading, each part of it by what it is.

import { range } from "./times";
import type { Aggregation, Comparison, Cycle, GroupKey, Over, Question, Rank, TagFilter } from "./types";

export type Kind =
  | "aggregation"
  | "metric"
  | "filter"
  | "value"
  | "group"
  | "grain"
  | "rank"
  | "condition"
  | "cycle"
  | "range"
  | "compared";

/** A part that is a chip has a kind, and which of its kind it is. */
export interface Part {
  text: string;
  kind?: Kind;
  index?: number;
  title?: string;
}

const SIGNS: Record<Comparison, string> = { eq: "=", ne: "≠", lt: "<", le: "≤", gt: ">", ge: "≥" };
const MATCHES = { is: "=", prefix: "starts with", suffix: "ends with", contains: "contains" };
const NAMED: Record<string, string> = {
  avg: "average",
  sum: "sum",
  count: "count",
  min: "lowest",
  max: "highest",
  stddev: "standard deviation",
};
const DAYS = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

export function aggregationText(each: Aggregation): string {
  if (each.percent !== null) return each.percent === 50 ? "median" : `p${each.percent}`;
  if (each.key) return `distinct ${groupText(each.key)}`;
  return (NAMED[each.function] ?? each.function) + (each.per ? ` rate per ${each.per}` : "");
}

const KINDS = {
  name: "metric name",
  type: "metric type",
  hour: "hour of day",
  day_part: "part of day",
  weekday: "weekday",
  week_part: "weekday or weekend",
};

export function groupText(key: GroupKey): string {
  return key.kind === "tag" ? key.key : KINDS[key.kind];
}

function overText(over: Over): string {
  if (over.minus) return "minus";
  return over.times === 1 ? "per" : `per ${over.times}`;
}

export function filterText(tag: TagFilter): string {
  if (!tag.values.length) return tag.negated ? `without ${tag.key}` : `with ${tag.key}`;
  const sign = tag.negated && tag.match === "is" ? "≠" : MATCHES[tag.match];
  return `${tag.negated && tag.match !== "is" ? "not " : ""}${tag.key} ${sign} ${tag.values.join(" or ")}`;
}

function cycleText(cycle: Cycle): string {
  const days = cycle.weekdays.length ? `on ${cycle.weekdays.map((each) => DAYS[each]).join(", ")}` : "each day";
  const hours = cycle.start === cycle.end ? "" : `${cycle.start.slice(0, 5)} – ${cycle.end.slice(0, 5)} `;
  return `${cycle.negated ? "not " : ""}${hours}${days}`;
}

/** `phrase`: the words by which the range was asked for, where they are known. */
export function sentence(question: Question, phrase: string | null): Part[] {
  const parts: Part[] = [];
  const say = (text: string): void => {
    parts.push({ text });
  };
  const list = <T>(kind: Kind, items: T[], text: (item: T) => string, joint: string): void =>
    items.forEach((item, index) => {
      if (index) say(joint);
      parts.push({ text: text(item), kind, index });
    });
  const metric = (): void => {
    const text = question.names.length ? question.names.join(" and ") : "all events";
    parts.push({
      text,
      kind: "metric",
      index: 0,
      title: question.types.length ? `types: ${question.types.join(", ")}` : undefined,
    });
  };

  switch (question.form) {
    case "aggregate":
      list("aggregation", question.aggregations, aggregationText, "and");
      say("of");
      metric();
      if (question.unit) say(`in ${question.unit}`);
      if (question.over && !question.over.percent)
        say(
          `${overText(question.over)} ${aggregationText(question.over.aggregation)} of ${question.over.names.join(" and ")}`,
        );
      break;
    case "list":
      say(`the ${question.oldest ? "first" : "latest"} ${question.limit ?? ""}`.trim());
      say("of");
      metric();
      break;
    case "exists":
      say("whether");
      if (question.aggregations.length) list("aggregation", question.aggregations, aggregationText, "and");
      else say("there is any");
      say("of");
      metric();
      break;
    case "age":
      say("how long since");
      metric();
      break;
    case "silent":
      say("what is silent of");
      metric();
      break;
    case "catalog":
      say(
        { names: "the names of", keys: "the tag keys of", values: `the values of ${question.groups[0]?.key ?? ""} in` }[
          question.subject ?? "names"
        ],
      );
      metric();
  }
  const whole = question.over?.percent ? question.over : question;
  if (whole.tags.length || whole.values.length) say("where");
  whole.tags.forEach((tag, place) => {
    if (place) say("and");
    parts.push({
      text: filterText(tag),
      kind: "filter",
      index: question.tags.indexOf(tag) < 0 ? indexOf(question.tags, tag) : question.tags.indexOf(tag),
    });
  });
  whole.values.forEach((value, index) => {
    if (index || whole.tags.length) say("and");
    parts.push({ text: `value ${SIGNS[value.comparison]} ${value.number}`, kind: "value", index });
  });
  if (question.groups.length && question.form !== "catalog") {
    say("by");
    list("group", question.groups, groupText, "and");
  }
  if (question.grain) parts.push({ text: grainText(question.grain), kind: "grain", index: 0 });
  if (question.share) say("as shares");
  if (question.over?.percent) {
    const rest = question.tags.filter((tag) => indexOf(question.over!.tags, tag) < 0);
    say("the share where");
    rest.forEach((tag) => parts.push({ text: filterText(tag), kind: "filter", index: indexOf(question.tags, tag) }));
    if (!rest.length)
      say(
        question.values
          .slice(question.over.values.length)
          .map((each) => `value ${SIGNS[each.comparison]} ${each.number}`)
          .join(" and "),
      );
  }
  if (question.rank)
    parts.push({
      text: rankText(question.rank),
      kind: "rank",
      index: 0,
    });
  question.having.forEach((each, index) => {
    const of = { value: "", change: "change ", change_percent: "change % " }[each.of];
    parts.push({ text: `having ${of}${SIGNS[each.comparison]} ${each.number}`, kind: "condition", index });
  });
  question.during.forEach((cycle, index) => parts.push({ text: cycleText(cycle), kind: "cycle", index }));
  if (question.form !== "catalog") {
    const exact = range(question.range.start, question.range.end, question.zone);
    parts.push({ text: phrase ?? exact, kind: "range", index: 0, title: `${exact} (${question.zone})` });
  }
  if (question.compared_to && !(phrase && /\b(vs|versus|than|compared)\b/i.test(phrase))) {
    say("against");
    parts.push({
      text: range(question.compared_to.start, question.compared_to.end, question.zone),
      kind: "compared",
      index: 0,
    });
  }
  return parts;
}

function rankText({ count, descending, others, by = "value", place = 1 }: Rank): string {
  if (place > 1) return `number ${place}, the ${descending ? "highest" : "lowest"} first`;
  const of = {
    value: "",
    change: " by change",
    change_percent: " by change %",
    absolute_change: " by absolute change",
  };
  return `${descending ? "top" : "bottom"} ${count}${of[by]}${others ? " and others" : ""}`;
}

export function grainText(grain: { unit: string; count: number }): string {
  return grain.count === 1 ? `per ${grain.unit}` : `per ${grain.count} ${grain.unit}s`;
}

function indexOf<T>(items: T[], item: T): number {
  const text = JSON.stringify(item);
  return items.findIndex((each) => JSON.stringify(each) === text);
}
