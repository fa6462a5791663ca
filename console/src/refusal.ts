// Why there is no answer: the words in the way, and what to ask instead.

import { roleNote, type Mark } from "./askbox";
import { button, el } from "./dom";
import type { Refusal } from "./types";

const PASSING = [429, 503]; // statuses that may be others in a moment

export function marksOf({ span, code, detail, words = [] }: Refusal): Mark[] {
  const isIn = (start: number, end: number): boolean =>
    span !== undefined && code !== "ambiguous" && start < span.end && end > span.start;
  return words.map((word) => {
    const inTheWay = isIn(word.start, word.end);
    const kind = inTheWay || word.role === "unknown" ? "unknown" : "read";
    return { word, kind, note: inTheWay ? detail : roleNote(word.role) };
  });
}

export function refusalCard(refusal: Refusal, acts: { ask: (prompt: string) => void; again: () => void }): HTMLElement {
  const title = refusal.code === "ambiguous" ? "Which is meant?" : "Ask instead";
  const choices = (refusal.suggestions ?? []).map((text) => button(text, () => acts.ask(text), { class: "example" }));
  return el(
    "section",
    { class: "card refusal", "aria-label": "Not answered" },
    el("p", { class: "lead" }, el("bdi", {}, refusal.detail)),
    choices.length > 0 && el("div", { class: "suggestions" }, el("p", { class: "muted" }, title), ...choices),
    PASSING.includes(refusal.status) && button("Try again", acts.again, { class: "primary" }),
  );
}
