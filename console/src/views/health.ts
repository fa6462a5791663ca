// How the server does: what comes in, what the cache saves, what is slow, and what was asked in vain.

import { json, Problem } from "../api";
import { sparkline } from "../chart/spark";
import { el } from "../dom";
import { hashOf } from "../router";
import { ago } from "../times";
import { plain } from "../units";

const EVERY_MS = 2000;
const MOST_SAMPLES = 90;

interface Stats {
  metrics_stored: number;
  requests: number;
  cache_hits: number;
  cache_misses: number;
  uptime_seconds: number;
  metrics_refused: number;
  rate_limited_requests: number;
}
interface Slow {
  slow_ms: number;
  slowest: { reading: string; count: number; max_ms: number; mean_ms: number; asked_at: string }[];
}
interface Misses {
  misses: { code: string; prompt: string; count: number; seen_at: string }[];
}

export class HealthView {
  readonly element = el("div", { class: "view health" });
  private timer = 0;
  private samples: { at: number; stats: Stats }[] = [];
  private entered = false;
  private readonly figures = el("div", { class: "tiles figures-row" });
  private readonly slow = el("section", { class: "card" });
  private readonly missed = el("section", { class: "card" });

  enter(): void {
    this.entered = true;
    document.title = "Health · telemetry";
    this.element.replaceChildren(
      el("header", { class: "head" }, el("h1", { tabindex: "-1" }, "Health")),
      this.figures,
      this.slow,
      this.missed,
    );
    void this.tick();
    void this.lists();
  }

  leave(): void {
    this.entered = false;
    clearTimeout(this.timer);
  }

  focus(): void {
    this.element.querySelector<HTMLElement>("h1")?.focus();
  }

  private async tick(): Promise<void> {
    clearTimeout(this.timer);
    try {
      this.samples = [...this.samples, { at: performance.now(), stats: await json<Stats>("/stats") }].slice(
        -MOST_SAMPLES,
      );
      this.show();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 403) {
        this.figures.replaceChildren(el("p", { class: "card muted" }, error.message));
        return;
      }
    }
    if (this.entered) this.timer = window.setTimeout(() => void this.tick(), EVERY_MS);
  }

  private show(): void {
    const rates = (name: "metrics_stored" | "requests"): number[] =>
      this.samples.slice(1).map(({ at, stats }, place) => {
        const before = this.samples[place];
        return Math.max(0, stats[name] - before.stats[name]) / Math.max(0.2, (at - before.at) / 1000);
      });
    const { stats } = this.samples[this.samples.length - 1];
    const asked = stats.cache_hits + stats.cache_misses;
    this.figures.replaceChildren(
      figure(
        "Ingestion",
        rates("metrics_stored"),
        "metrics a second",
        `${plain(stats.metrics_stored)} since the start`,
      ),
      figure(
        "Requests",
        rates("requests"),
        "a second",
        `${plain(stats.requests)} since the start, ${plain(stats.rate_limited_requests)} limited`,
      ),
      figure(
        "Cache hits",
        null,
        asked ? `${Math.round((stats.cache_hits / asked) * 100)} %` : "–",
        `${plain(stats.cache_hits)} of ${plain(asked)} answers`,
      ),
      figure("Up", null, duration(stats.uptime_seconds), `${plain(stats.metrics_refused)} metrics refused`),
    );
  }

  private async lists(): Promise<void> {
    const say = (place: HTMLElement, title: string, rows: HTMLElement | string): void => {
      place.replaceChildren(el("h2", {}, title), typeof rows === "string" ? el("p", { class: "muted" }, rows) : rows);
    };
    const told = async (
      place: HTMLElement,
      title: string,
      make: () => Promise<HTMLElement | string>,
    ): Promise<void> => {
      try {
        say(place, title, await make());
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        say(place, title, error.message);
      }
    };
    await Promise.all([
      told(this.slow, "Slow questions", async () => {
        const { slowest, slow_ms } = await json<Slow>("/metrics/query-performance");
        return slowest.length
          ? listing(
              ["Question", "Times", "Mean", "Slowest"],
              slowest
                .slice(0, 10)
                .map((each) => [
                  asking(each.reading),
                  plain(each.count),
                  `${plain(Math.round(each.mean_ms))} ms`,
                  `${plain(Math.round(each.max_ms))} ms`,
                ]),
            )
          : `None took ${slow_ms} ms or more.`;
      }),
      told(this.missed, "Asked in vain", async () => {
        const { misses } = await json<Misses>("/admin/misses");
        return misses.length
          ? listing(
              ["Prompt", "Why", "Times", "Last"],
              misses
                .slice(0, 15)
                .map((each) => [
                  el("bdi", {}, each.prompt),
                  each.code.replaceAll("_", " "),
                  plain(each.count),
                  ago(each.seen_at),
                ]),
            )
          : "No prompt was refused.";
      }),
    ]);
  }
}

const asking = (reading: string): HTMLElement =>
  el("a", { href: hashOf({ view: "ask", prompts: [reading] }), dir: "auto" }, reading);

function figure(title: string, rates: number[] | null, unit: string, more: string): HTMLElement {
  const latest = rates?.length ? rates[rates.length - 1] : null;
  return el(
    "section",
    { class: "card figure-card" },
    el("h2", {}, title),
    el(
      "p",
      { class: "number" },
      rates ? plain(latest === null ? 0 : Math.round(latest * 10) / 10) : unit,
      rates ? el("span", { class: "of" }, ` ${unit}`) : null,
    ),
    rates && rates.length > 1 ? sparkline({ values: rates }, `${title} over the last minutes`) : null,
    el("p", { class: "muted" }, more),
  );
}

function listing(heads: string[], rows: (string | HTMLElement)[][]): HTMLElement {
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": heads[0] },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el("tr", {}, ...heads.map((head, place) => el("th", { scope: "col", class: place ? "number" : "" }, head))),
      ),
      el(
        "tbody",
        {},
        ...rows.map((row) =>
          el("tr", {}, ...row.map((cell, place) => el("td", { class: place ? "number" : "string" }, cell))),
        ),
      ),
    ),
  );
}

function duration(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  return days
    ? `${days} d ${hours} h`
    : hours
      ? `${hours} h ${minutes} min`
      : minutes
        ? `${minutes} min`
        : `${Math.floor(seconds)} s`;
}
