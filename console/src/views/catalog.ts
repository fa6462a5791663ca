// What is stored: every name, what it is, and how it went over the last day. A click asks.

import { ask, json, Problem } from "../api";
import { grainFor } from "../chart/number";
import { sparkline } from "../chart/spark";
import { catalog, type Name } from "../catalog";
import { el } from "../dom";
import { hashOf } from "../router";
import { ago } from "../times";
import { EMPTY } from "../types";
import { plain } from "../units";

const MOST_ROWS = 200; // drawn at a time
const DAY_MS = 86_400_000;

export class CatalogView {
  readonly element = el("div", { class: "view catalog" });
  private seen: IntersectionObserver | null = null;
  private rows = new Map<Element, Name>();

  enter(): void {
    document.title = "Metrics · telemetry";
    this.seen?.disconnect();
    this.rows.clear();
    this.seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const name = entry.isIntersecting ? this.rows.get(entry.target) : undefined;
        if (name) {
          this.rows.delete(entry.target);
          void this.fill(entry.target as HTMLElement, name);
        }
      }
    });
    void this.load();
  }

  leave(): void {
    this.seen?.disconnect();
  }
  focus(): void {
    this.element.querySelector<HTMLElement>("input, h1")?.focus();
  }

  private async load(): Promise<void> {
    let names: Name[];
    try {
      catalog.forget();
      names = await catalog.names();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.element.replaceChildren(el("h1", {}, "Metrics"), el("p", { class: "card wrong" }, error.message));
      return;
    }
    const body = el("tbody");
    const counts = new Map<string, string>();
    const below = el("p", { class: "muted" });
    const show = (wanted: string): void => {
      const found = names.filter(
        (each) =>
          each.name.toLowerCase().includes(wanted.toLowerCase()) || each.types.some((type) => type.startsWith(wanted)),
      );
      body.replaceChildren(...found.slice(0, MOST_ROWS).map((each) => this.row(each, counts)));
      below.textContent =
        found.length > MOST_ROWS
          ? `${MOST_ROWS} of ${found.length.toLocaleString("en")} names: type to find the others.`
          : found.length
            ? ""
            : "Nothing by that name.";
    };
    const search = el("input", {
      type: "search",
      placeholder: "Find a metric …",
      "aria-label": "Find a metric",
      oninput: () => {
        show(search.value);
      },
    });
    this.element.replaceChildren(
      el("header", { class: "head" }, el("h1", { tabindex: "-1" }, "Metrics"), search),
      el(
        "div",
        { class: "card flush" },
        el(
          "div",
          { class: "scroll" },
          el(
            "table",
            { class: "names" },
            el(
              "thead",
              {},
              el(
                "tr",
                {},
                ...["Name", "Type", "Tags", "Series", "Last day", "Last seen", ""].map((text, place) =>
                  el(
                    "th",
                    { scope: "col", class: place === 3 || place === 4 ? "number" : "" },
                    text || el("span", { class: "unseen" }, "Course of the last day"),
                  ),
                ),
              ),
            ),
            body,
          ),
        ),
        below,
      ),
    );
    show("");
    void this.count(counts).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
    });
  }

  /** How many came over the last day, of all names at once. */
  private async count(counts: Map<string, string>): Promise<void> {
    const { metrics } = await json<{ metrics: { name: string; count: number }[] }>("/observability/metrics/summary");
    for (const { name, count } of metrics) counts.set(name, plain(count));
    for (const cell of this.element.querySelectorAll<HTMLElement>("[data-count-of]"))
      cell.textContent = counts.get(cell.dataset.countOf!) ?? "0";
  }

  private row(name: Name, counts: Map<string, string>): HTMLElement {
    const row = el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el(
          "a",
          { href: hashOf({ view: "ask", prompts: [`${promptName(name.name)} per hour over the last 24 hours`] }) },
          name.name,
        ),
      ),
      el("td", {}, ...name.types.map((type) => el("span", { class: "badge" }, type))),
      el("td", { class: "tags" }),
      el("td", { class: "number" }, plain(name.series)),
      el("td", { class: "number", "data-count-of": name.name }, counts.get(name.name) ?? ""),
      el("td", { class: "last" }),
      el("td", { class: "course" }),
    );
    this.rows.set(row, name);
    this.seen?.observe(row);
    return row;
  }

  /** What a row lacks, when it comes into sight. */
  private async fill(row: HTMLElement, { name, types }: Name): Promise<void> {
    const cell = (part: string): HTMLElement => row.querySelector<HTMLElement>(`.${part}`)!;
    const end = Date.now();
    const range = { start: new Date(end - DAY_MS).toISOString(), end: new Date(end).toISOString() };
    const adds = types.every((type) => type === "counter" || type === "event");
    try {
      const [keys, recent, course] = await Promise.all([
        catalog.keys([name]),
        json<{ timestamp: string }>(`/metrics/${encodeURIComponent(name)}?limit=1`),
        ask({
          question: {
            ...EMPTY,
            names: [name],
            range,
            grain: grainFor(DAY_MS / 1000),
            aggregations: [{ function: adds ? "sum" : "avg", percent: null, key: null, per: null }],
          },
        }),
      ]);
      cell("tags").replaceChildren(...keys.map((key) => el("span", { class: "badge tag" }, key)));
      cell("last").textContent = ago(recent.timestamp);
      const { rows } = course.answer;
      const places = rows.map((each) => (Date.parse(String(each[0])) - (end - DAY_MS)) / DAY_MS);
      if (rows.length)
        cell("course").replaceChildren(
          sparkline(
            { values: rows.map((each) => (typeof each[1] === "number" ? each[1] : null)), places },
            `Course of ${name} over the last day`,
          ),
        );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
}

/** As it is read as one word. */
const promptName = (name: string): string => (/^[a-z0-9][\w./:-]*[a-z0-9]$/i.test(name) ? name : `"${name}"`);
