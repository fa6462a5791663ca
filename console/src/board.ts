// The pinned questions: in the address while the board is open, and kept by the browser.

import { areTexts, kept } from "./session";

const MOST_PINS = 24;
const store = kept<string[]>("board", [], areTexts);

export const pins = (): string[] => store.read();

export function addPin(prompt: string): void {
  store.write([...pins().filter((each) => each !== prompt), prompt].slice(-MOST_PINS));
  document.dispatchEvent(new Event("pinned"));
}

export function setPins(prompts: string[]): void {
  store.write([...new Set(prompts)].slice(0, MOST_PINS));
  document.dispatchEvent(new Event("pinned"));
}
