// What may be asked first, of what is stored here.

import { catalog } from "./catalog";
import { Problem } from "./api";
import { button, el } from "./dom";

const EXAMPLES = ["top 5 events today", "what metrics are there"];
const MORE = ["count of events per hour today", "which metrics are silent today"];

export async function welcome(ask: (prompt: string) => void): Promise<HTMLElement[]> {
  const names = await storedNames();
  const slow = names.find((name) => /latency|duration/.test(name));
  const other = names.find((name) => name !== slow && /errors|requests|usage/.test(name));
  const own = [
    ...(slow ? [`p95 of ${slow} per hour over the last 24 hours`] : []),
    ...(other ? [`${other} per hour over the last 24 hours`] : []),
  ];
  const examples = [...EXAMPLES, ...own, ...MORE].map((prompt) =>
    button(prompt, () => ask(prompt), { class: "example" }),
  );
  return [el("p", { class: "muted" }, "For instance"), el("div", { class: "examples" }, ...examples)];
}

async function storedNames(): Promise<string[]> {
  try {
    return (await catalog.names()).map((each) => each.name);
  } catch (error) {
    if (error instanceof Problem) return []; // the examples do without
    throw error;
  }
}
