// One row: its numbers, large, and how they came about as a small line.

import { ask } from "../api";
import { el } from "../dom";
import type { Answer, Grain, Question, Range } from "../types";
import { amount, signed, unitOf } from "../units";
import { instant } from "../times";
import type { Drawing } from "./drawing";
import { sparkline, type Course } from "./spark";

const DAY = 86_400;
const NONE: Course = { values: [] };

export function drawNumber(host: HTMLElement, answer: Answer): Drawing {
  const { columns, rows, question } = answer;
  const cells = rows[0] ?? [];
  const place = (name: string): number => columns.findIndex((column) => column.name === name);
  const [previous, change] = [place("previous"), place("change_percent")];
  const figures = columns.flatMap((column, index) => {
    if (["previous", "change", "change_percent"].includes(column.name)) return [];
    const cell = cells[index];
    const unit = unitOf(question, column.name);
    const text =
      typeof cell === "number"
        ? amount(cell, unit)
        : column.type === "time" && cell
          ? instant(String(cell), question.zone)
          : cell === null
            ? "–"
            : String(cell);
    return [
      el(
        "div",
        { class: "figure" },
        el("span", { class: "number" }, text),
        columns.length > 1 && previous !== 1 ? el("span", { class: "of" }, column.name) : null,
      ),
    ];
  });
  const before =
    previous >= 0 && typeof cells[previous] === "number"
      ? el(
          "p",
          { class: "against" },
          `before: ${amount(cells[previous] as number, unitOf(question, columns[previous - 1].name))}`,
          typeof cells[change] === "number"
            ? el("span", { class: "change" }, signed(cells[change] as number, "%"))
            : null,
        )
      : null;
  const line = el("div", { class: "history" });
  host.replaceChildren(el("div", { class: "figures" }, ...figures), ...(before ? [before] : []), line);
  let stopped = false;
  void Promise.all([
    history(question, question.range),
    question.compared_to ? history(question, question.compared_to) : NONE,
  ]).then(
    ([course, before]) => {
      if (!stopped && course.values.length > 1)
        line.replaceChildren(sparkline(course, "How it went over this range", before));
    },
    () => undefined,
  ); // the number stands without it
  return {
    notes: [],
    summary: figures.map((each) => each.textContent).join(", "),
    stop() {
      stopped = true;
    },
  };
}

/** The first result over a range, in some dozens of buckets. */
async function history(question: Question, { start: from, end: to }: Range): Promise<Course> {
  const first = question.aggregations[0];
  if (
    question.form !== "aggregate" ||
    question.groups.length ||
    !first ||
    first.per ||
    ["seen", "began"].includes(first.function) ||
    question.over
  )
    return NONE;
  const end = to ? Date.parse(to) : Date.now();
  const start = from ? Date.parse(from) : end - 7 * DAY * 1000;
  const grain = grainFor((end - start) / 1000);
  const range = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
  const told = await ask({
    question: { ...question, aggregations: [first], range, grain, compared_to: null, having: [], rank: null },
  });
  const value = told.answer.columns.length - 1;
  const { rows } = told.answer;
  return {
    values: rows.map((row) => (typeof row[value] === "number" ? row[value] : null)),
    places: rows.map((row) => Math.max(0, Date.parse(String(row[value - 1])) - start) / (end - start)),
  };
}

export function grainFor(seconds: number): Grain {
  const choices: [number, Grain][] = [
    [600, { unit: "second", count: 10 }],
    [7200, { unit: "minute", count: 1 }],
    [6 * 3600, { unit: "minute", count: 5 }],
    [DAY, { unit: "minute", count: 30 }],
    [4 * DAY, { unit: "hour", count: 1 }],
    [14 * DAY, { unit: "hour", count: 6 }],
    [100 * DAY, { unit: "day", count: 1 }],
  ];
  return choices.find(([most]) => seconds <= most)?.[1] ?? { unit: "week", count: 1 };
}
