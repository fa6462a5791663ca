// Where one is, in the part of the address that no server sees: views, prompts, clock and zone; never a key.

export type View = "ask" | "board" | "catalog" | "health";
export interface Place {
  view: View;
  prompts: string[];
  now?: string;
  tz?: string;
  live?: boolean;
}

const VIEWS: View[] = ["ask", "board", "catalog", "health"];

export function place(): Place {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const parameters = new URLSearchParams(query ?? "");
  const view = VIEWS.find((each) => each === path) ?? "ask";
  return {
    view,
    prompts: parameters.getAll("q").slice(0, 50),
    now: parameters.get("now") ?? undefined,
    tz: parameters.get("tz") ?? undefined,
    live: parameters.has("live"),
  };
}

export function hashOf({ view, prompts, now, tz, live }: Place): string {
  const parameters = new URLSearchParams(prompts.map((prompt) => ["q", prompt]));
  if (now) parameters.set("now", now);
  if (tz) parameters.set("tz", tz);
  if (live) parameters.set("live", "");
  const query = parameters.toString().replace(/live=(&|$)/, "live$1");
  return `#/${view === "ask" ? "" : view}${query ? `?${query}` : ""}`;
}

export const link = (to: Place): string => `${location.origin}${location.pathname}${hashOf(to)}`;

/** Goes there; `replace`: without a step back to where one was. */
export function go(to: Place, replace = false): void {
  const hash = hashOf(to);
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
}
