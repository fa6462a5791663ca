// Which picture an answer gets.

import { el } from "../dom";
import { range } from "../times";
import type { Answer } from "../types";
import { drawBars } from "./bars";
import type { Drawing, Options } from "./drawing";
import { drawHeat, isHeat } from "./heat";
import { drawLines } from "./line";
import { drawNumber } from "./number";

/** Null: the table says it all. */
export function draw(host: HTMLElement, answer: Answer, options: Options): Drawing | null {
  const still = (text: string, ...more: Node[]): Drawing => {
    host.replaceChildren(...more);
    return { notes: [], summary: text, stop: () => undefined };
  };
  if (isEmpty(answer)) {
    const why = reasonOf(answer);
    return still(why, el("div", { class: "empty" }, el("p", { class: "lead" }, "Nothing to show."), el("p", {}, why)));
  }
  switch (answer.chart) {
    case "boolean": {
      const text = answer.rows[0]?.[0] === true ? "Yes" : "No";
      return still(text, el("div", { class: "figures" }, el("span", { class: "number" }, text)));
    }
    case "number":
      return drawNumber(host, answer);
    case "line":
      return drawLines(host, answer, options);
    case "bar":
      return isHeat(answer) ? drawHeat(host, answer) : drawBars(host, answer);
    case "table":
      return null;
  }
}

export function isEmpty(answer: Answer): boolean {
  const nulls =
    answer.chart === "number" &&
    answer.rows.every((row) => row.every((cell) => cell === null || cell === 0) && row.some((cell) => cell === null));
  return answer.rows.length === 0 || nulls;
}

export function reasonOf(answer: Answer): string {
  const { question } = answer;
  if (question.form === "silent") return "None of them is silent: of each something came in this range.";
  const names = question.names.length ? question.names.join(" and ") : "No metric at all";
  const when = range(question.range.start, question.range.end, question.zone);
  const narrowed = [
    question.tags.length && "the filters",
    question.values.length && "the conditions on values",
    question.having.length && "the conditions on groups",
    question.during.length && "the recurring time",
  ].filter(Boolean);
  const but = narrowed.length ? ` that ${narrowed.join(" and ")} keep` : "";
  return question.names.length
    ? `No value of ${names} was stored for ${when}${but}.`
    : `${names} was stored for ${when}${but}.`;
}
