// How an answer was come by: what ran, where its time went, what was read, and links to it.

import { json } from "./api";
import { copier, el } from "./dom";
import { link } from "./router";
import type { Answer, Served } from "./types";

const CACHED: Record<string, string> = {
  hit: "from the cache",
  miss: "worked out now",
  bypass: "worked out now, past the cache",
  shared: "with an equal question that was under way",
};
const STEPS: Record<string, string> = {
  admit: "admitted",
  parse: "read",
  cache: "looked up",
  database: "in MongoDB",
  encode: "encoded",
  store: "cached",
};

export function trust(answer: Answer, served: Served, tz: string): HTMLElement {
  const index = el("dd", {}, "…");
  const total = served.steps.reduce((sum, step) => sum + step.ms, 0);
  const pipeline = `db.${answer.collection}.aggregate(EJSON.deserialize(\n${JSON.stringify(answer.pipeline, null, 2)}\n))`;
  const timing = el(
    "div",
    {
      class: "timing",
      role: "img",
      "aria-label": served.steps.map((step) => `${STEPS[step.name] ?? step.name} ${milliseconds(step.ms)}`).join(", "),
    },
    ...served.steps.map((step, place) => {
      const part = el("span", {
        class: `step series-${place % 8}`,
        title: `${STEPS[step.name] ?? step.name}: ${milliseconds(step.ms)}`,
      });
      part.style.flexGrow = String(Math.max(step.ms / (total || 1), 0.004));
      return part;
    }),
  );
  const steps = el(
    "ul",
    { class: "steps" },
    ...served.steps.map((step, place) =>
      el(
        "li",
        {},
        el("span", { class: `swatch series-${place % 8}` }),
        `${STEPS[step.name] ?? step.name} `,
        el("b", {}, milliseconds(step.ms)),
      ),
    ),
  );
  void explained(answer).then(
    (text) => {
      index.textContent = text;
    },
    () => {
      index.textContent = "not known";
    },
  );
  return el(
    "div",
    { class: "trust" },
    el(
      "dl",
      {},
      el("dt", {}, "Reading"),
      el("dd", { class: "reading" }, el("bdi", {}, answer.reading)),
      el("dt", {}, "Read from"),
      el("dd", {}, sourceOf(answer)),
      el("dt", {}, "Index"),
      index,
      el("dt", {}, "Answered"),
      el(
        "dd",
        {},
        served.steps.length ? `${CACHED[served.cache] ?? "now"}, in ${milliseconds(total)}` : "live, as it changed",
        ...(served.steps.length ? [timing, steps] : []),
      ),
      el("dt", {}, "Links"),
      el(
        "dd",
        { class: "links" },
        copier("Same answer for ever", () =>
          link({ view: "ask", prompts: [answer.prompt], now: nowOf(answer, served), tz }),
        ),
        copier("Fresh each time", () => link({ view: "ask", prompts: [answer.prompt], tz })),
      ),
    ),
    el(
      "div",
      { class: "code" },
      copier("Copy for mongosh", () => pipeline),
      el("pre", { tabindex: "0", "aria-label": "The pipeline that ran" }, el("code", {}, pipeline)),
    ),
  );
}

async function explained(answer: Answer): Promise<string> {
  const { indexes } = await json<{ indexes: (string | null)[] }>("/query/explain", {
    body: { question: answer.question },
  });
  return indexes.map((index) => index ?? "none: the whole collection is read").join(", ") || "none is needed";
}

function sourceOf(answer: Answer): string {
  const { reads } = answer;
  if (!reads) return `the collection ${answer.collection}`;
  const count = (number: number, one: string, many: string): string =>
    `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
  const parts = [
    reads.days && count(reads.days, "summary of a day", "summaries of days"),
    reads.hours && count(reads.hours, "summary of an hour", "summaries of hours"),
  ].filter(Boolean);
  const raw = count(reads.raw_hours, "hour of single metrics", "hours of single metrics");
  return parts.length ? `rollups: ${parts.join(", ")}; raw: ${raw}` : `raw: ${raw}`;
}

/** The clock that the answer was read by: where its range ends now, exactly that. */
function nowOf(answer: Answer, served: Served): string {
  const end = answer.question.range.end;
  const isNow = end !== null && Math.abs(Date.parse(end) - served.at.getTime()) < 5000;
  return isNow ? end : served.at.toISOString();
}

const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
