// A question as a prompt again: its reading, with the words for time that people used where they still mean the same.

import { ask, json, Problem, type Told } from "./api";
import { canonical } from "./edits";
import type { Answer, Question, Range, Word } from "./types";

const TIMES = new Set(["time", "comparison", "zone"]);
const TAIL =
  /(?:^| )(?:from \S+ to \S+|until \S+|since \S+)(?: in \S+ time)?(?: vs (?:from \S+ to \S+|until \S+|since \S+))?$/;
const TOLERANCE_MS = 20_000; // what is asked now is a moment later than it was

/** The words of a prompt that speak of time, where they stand together; null where there are none. */
export function phraseOf(prompt: string, words: Word[]): string | null {
  const places = words.flatMap((word, index) => (TIMES.has(word.role) ? [index] : []));
  if (!places.length) return null;
  const between = words.slice(places[0], places[places.length - 1] + 1);
  if (between.some((word) => !TIMES.has(word.role) && word.role !== "filler")) return null;
  return prompt.slice(between[0].start, between[between.length - 1].end).replace(/^and\s+/i, "");
}

/** The reading of a question, without working it out. Raises Problem for a question that is none. */
export async function readingOf(question: Question): Promise<string> {
  return (await json<{ reading: string }>("/query/explain", { body: { question } })).reading;
}

/** The prompt with its time said in other words. */
export function withPhrase(reading: string, phrase: string): string {
  return `${reading.replace(TAIL, "").replace(/,$/, "")} ${phrase}`.trim();
}

/** Answers a question, under a prompt that has the phrase where it means the same. Raises Problem. */
export async function askQuestion(
  question: Question,
  phrase: string | null,
  tz: string,
  now?: string,
): Promise<Told & { phrase: string | null }> {
  const reading = await readingOf(question);
  if (phrase !== null) {
    try {
      const told = await ask({ prompt: withPhrase(reading, phrase), tz, now });
      if (isSame(told.answer.question, question)) return { ...told, phrase };
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 422) throw error;
    }
  }
  return { ...(await ask({ prompt: reading, tz, now })), phrase: null };
}

/** Answers a question over the range that a phrase means. */
export async function askOver(
  question: Question,
  phrase: string,
  tz: string,
  now?: string,
): Promise<Told & { phrase: string | null }> {
  const reading = await readingOf({ ...question, compared_to: null });
  try {
    const told = await ask({ prompt: withPhrase(reading, phrase), tz, now });
    if (
      isSame({ ...told.answer.question, range: question.range, compared_to: null }, { ...question, compared_to: null })
    )
      return { ...told, phrase };
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 422) throw error;
  }
  const followed = (await ask({ prompt: phrase, context: question, tz, now })).answer;
  return { ...(await ask({ prompt: followed.reading, tz, now })), phrase: null };
}

export function isSame(one: Question, other: Question): boolean {
  const rest = (question: Question): string => canonical({ ...question, range: null, compared_to: null });
  return rest(one) === rest(other) && isNear(one.range, other.range) && isNear(one.compared_to, other.compared_to);
}

function isNear(one: Range | null, other: Range | null): boolean {
  if (!one || !other) return one === other;
  const near = (a: string | null, b: string | null): boolean =>
    a === null || b === null ? a === b : Math.abs(Date.parse(a) - Date.parse(b)) < TOLERANCE_MS;
  return near(one.start, other.start) && near(one.end, other.end);
}

/** Whether an answer needed the question before it to be understood. */
export async function isFollowUp(answer: Answer, tz: string): Promise<boolean> {
  try {
    const alone = await json<{ reading: string }>("/query/explain", { body: { prompt: answer.prompt, tz } });
    return alone.reading.replace(TAIL, "") !== answer.reading.replace(TAIL, "");
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return true;
    throw error;
  }
}
