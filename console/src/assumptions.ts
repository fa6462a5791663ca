// What was taken for granted, each with what may be meant instead.

import type { Catalog } from "./catalog";
import type { Aggregation, Answer, Question, Word } from "./types";

export interface Alternative {
  label: string;
  question?: Question;
  phrase?: string;
}
export interface Assumption {
  text: string;
  words: Word[];
  alternatives: Alternative[];
}

const AGGREGATION: Aggregation = { function: "avg", percent: null, key: null, per: null };
const FUNCTIONS: [string, Partial<Aggregation>][] = [
  ["average", { function: "avg" }],
  ["sum", { function: "sum" }],
  ["count", { function: "count" }],
  ["highest", { function: "max" }],
  ["lowest", { function: "min" }],
  ["p95", { function: "percentile", percent: 95 }],
];
const RANGES = ["today", "over the last 24 hours", "over the last 7 days", "over the last 30 days"];
const DONE = /(counted|summed|averaged|at its highest|at its lowest|the sum of its values)$/;

export function assumptionsOf(answer: Answer, catalog: Catalog): Assumption[] {
  return answer.assumptions.map((text) => ({
    text,
    words: wordsOf(text, answer),
    alternatives: alternativesTo(text, answer.question, catalog),
  }));
}

/** The words of the prompt that an assumption is about: those that it quotes. */
function wordsOf(text: string, answer: Answer): Word[] {
  const quoted = /^'(.*?)' /.exec(text)?.[1];
  if (!quoted) return [];
  const wanted = quoted.toLowerCase().split(/\s+/);
  const said = answer.words.map((word) => word.text.toLowerCase());
  const start = said.findIndex((_, place) => wanted.every((word, offset) => said[place + offset] === word));
  return start < 0 ? [] : answer.words.slice(start, start + wanted.length);
}

function alternativesTo(text: string, question: Question, catalog: Catalog): Alternative[] {
  if (text.startsWith("no time said"))
    return RANGES.map((phrase) => ({ label: phrase.replace("over the ", ""), phrase }));
  if (DONE.test(text) && question.form === "aggregate" && question.aggregations.length === 1) {
    const present = question.aggregations[0];
    return FUNCTIONS.filter(
      ([, each]) => each.function !== present.function || (each.percent ?? null) !== present.percent,
    )
      .filter(([, each]) => question.names.length || each.function === "count")
      .map(([label, each]) => ({ label, question: { ...question, aggregations: [{ ...AGGREGATION, ...each }] } }));
  }
  const read = /^'(.*?)' read (?:as|of) (\S+)$/.exec(text);
  if (read && question.names.includes(read[2])) {
    return catalog
      .like(read[1])
      .filter((name) => name !== read[2])
      .slice(0, 5)
      .map((name) => ({ label: name, question: { ...question, names: [name] } }));
  }
  if (/read as \d+ rows$/.test(text)) {
    const counts = [3, 5, 10, 20, 50];
    if (question.rank)
      return counts
        .filter((count) => count !== question.rank!.count)
        .map((count) => ({ label: `${count}`, question: { ...question, rank: { ...question.rank!, count } } }));
    if (question.limit)
      return counts
        .filter((count) => count !== question.limit)
        .map((limit) => ({ label: `${limit}`, question: { ...question, limit } }));
  }
  if (/ read as (highest|lowest)$/.test(text) && question.rank) {
    const descending = !question.rank.descending;
    return [
      { label: descending ? "highest" : "lowest", question: { ...question, rank: { ...question.rank, descending } } },
    ];
  }
  return [];
}

/** The kinds of parts of the question that nobody said. */
export function assumedKinds(answer: Answer): Set<string> {
  const kinds = new Set<string>();
  for (const text of answer.assumptions) {
    if (DONE.test(text)) kinds.add("aggregation");
    if (text.startsWith("no time said")) kinds.add("range");
    if (/read as \d+ rows$/.test(text)) kinds.add("rank");
    if (answer.question.names.some((name) => text.endsWith(` ${name}`) && text.startsWith("'"))) kinds.add("metric");
  }
  return kinds;
}
