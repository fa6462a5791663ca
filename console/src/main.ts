// The page: its head, and the view that the address names.

import { pins } from "./board";
import { connectionLine, onReturn } from "./connection";
import { button, el } from "./dom";
import { go, hashOf, place, type View } from "./router";
import { session } from "./session";
import { applyTheme, themeButton, visitZone, zonePicker } from "./settings";
import { AskView } from "./views/ask";
import { BoardView } from "./views/board";
import { CatalogView } from "./views/catalog";
import { FirstRun, isFirstRun } from "./views/first";
import { HealthView } from "./views/health";

const TITLES: [View, string][] = [
  ["ask", "Ask"],
  ["board", "Board"],
  ["catalog", "Metrics"],
  ["health", "Health"],
];

applyTheme();
visitZone(place().tz);

const views = { ask: new AskView(), board: new BoardView(), catalog: new CatalogView(), health: new HealthView() };
const main = el("main", { id: "main" });
const nav = el("nav", { "aria-label": "Views" });
const signedIn = el("span");
let current: View | null = null;
let first: FirstRun | null = null;

function show(): void {
  const { view, prompts } = place();
  if (current) views[current].leave();
  first?.leave();
  first?.element.remove();
  first = null;
  views.ask.element.classList.remove("is-first");
  current = view;
  nav.replaceChildren(
    ...TITLES.map(([each, title]) =>
      el(
        "a",
        { href: hashOf({ view: each, prompts: [] }), "aria-current": each === view ? "page" : null },
        title,
        each === "board" && pins().length ? el("span", { class: "count" }, String(pins().length)) : null,
      ),
    ),
  );
  document.title = "telemetry";
  main.replaceChildren(views[view].element);
  views[view].enter();
  if (view === "ask" && !prompts.length) void offerFirstRun();
}

async function offerFirstRun(): Promise<void> {
  if (!(await isFirstRun()) || current !== "ask" || place().prompts.length) return;
  first = new FirstRun((prompt) => {
    go({ view: "ask", prompts: [prompt] });
    show();
  });
  views.ask.element.append(first.element);
  views.ask.element.classList.add("is-first");
  first.enter();
}

function showKey(): void {
  signedIn.replaceChildren(
    ...(session.key
      ? [
          button(
            "Sign out",
            () => {
              session.key = null;
              location.reload();
            },
            { icon: "key", quiet: true, class: "plain" },
          ),
        ]
      : []),
  );
}

document.body.replaceChildren(
  el(
    "a",
    {
      class: "skip",
      href: "#main",
      onclick: (event: Event) => {
        event.preventDefault();
        views[current!].focus();
      },
    },
    "Skip to the content",
  ),
  el(
    "header",
    { class: "top" },
    el("a", { class: "brand", href: "#/" }, "telemetry"),
    nav,
    el(
      "div",
      { class: "settings" },
      zonePicker(show),
      signedIn,
      themeButton(),
      el("a", { class: "plain", href: "/docs" }, "API"),
    ),
  ),
  connectionLine,
  main,
  el("div", { id: "announcer", class: "unseen", role: "status", "aria-live": "polite" }),
);

addEventListener("popstate", show);
document.addEventListener("signed", showKey);
document.addEventListener("pinned", () => {
  const link = nav.querySelector('[href="#/board"]');
  link?.querySelector(".count")?.remove();
  if (pins().length) link?.append(el("span", { class: "count" }, String(pins().length)));
});
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (current !== "ask") {
      go({ view: "ask", prompts: [] });
      show();
    }
    views.ask.focus();
  }
});
onReturn(() => {
  if (current === "catalog") show();
});
showKey();
show();
