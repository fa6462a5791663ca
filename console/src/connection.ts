// Whether the server is there: said in a line at the top, and asked again until it is.

import { el } from "./dom";

const PAUSES_MS = [500, 1000, 2000, 3000];
const BACK_MS = 2500;

let away = false;
const line = el("div", { class: "connection", role: "status" });
const returns = new EventTarget();

export const connectionLine = line;
export const isAway = (): boolean => away;

/** Calls back each time that the server has come back, until told to stop. */
export function onReturn(act: () => void): () => void {
  returns.addEventListener("back", act);
  return () => returns.removeEventListener("back", act);
}

export function lost(): void {
  if (away) return;
  away = true;
  line.textContent = "The server does not answer. Trying again …";
  line.className = "connection away";
  void wait(0);
}

async function wait(tries: number): Promise<void> {
  await new Promise((done) => setTimeout(done, PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]));
  try {
    const answer = await fetch("/health/live", { cache: "no-store" });
    if (answer.ok) return found();
  } catch {
    /* still away */
  }
  return wait(tries + 1);
}

function found(): void {
  away = false;
  line.textContent = "The server is back.";
  line.className = "connection back";
  setTimeout(() => {
    if (!away) {
      line.textContent = "";
      line.className = "connection";
    }
  }, BACK_MS);
  returns.dispatchEvent(new Event("back"));
}
