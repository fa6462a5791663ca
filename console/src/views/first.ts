// Where nothing is stored yet: three ways to send a first metric, and the moment at which it arrives.

import { json, Problem } from "../api";
import { catalog } from "../catalog";
import { announce, button, copier, el } from "../dom";
import { session } from "../session";
import { follow } from "../stream";

interface Metric {
  name: string;
  value: number;
  type: string;
}

/** Whether this server has nothing to ask about. */
export async function isFirstRun(): Promise<boolean> {
  try {
    catalog.forget();
    return (await catalog.names()).length === 0;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

export class FirstRun {
  readonly element = el("section", { class: "card first", "aria-labelledby": "first-title" });
  private stop: (() => void) | null = null;
  private key: string | null = null;
  private refusal = "";

  constructor(private readonly ask: (prompt: string) => void) {}

  enter(): void {
    this.show();
    this.stop = follow(
      "/metrics/live",
      ({ event, data }) => {
        if (event === "metric") this.arrived(data as Metric);
      },
      () => undefined,
    );
  }

  leave(): void {
    this.stop?.();
    this.stop = null;
  }

  private show(): void {
    const url = location.origin;
    const secret = session.key ? (this.key ?? "<key>") : null;
    const header = secret ? ` -H "Authorization: Bearer ${secret}"` : "";
    const body = '{"name": "my.first", "value": 42}';
    const lines: [string, string][] = [
      ["curl", `curl ${url}/metrics${header} -H "Content-Type: application/json" -d '${body}'`],
      [
        "Python",
        `import json, urllib.request as r; r.urlopen(r.Request("${url}/metrics", json.dumps({"name": "my.first", "value": 42}).encode(), {"Content-Type": "application/json"${secret ? `, "Authorization": "Bearer ${secret}"` : ""}}))`,
      ],
      [
        "OpenTelemetry",
        `OTEL_METRICS_EXPORTER=otlp OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${url}/v1/metrics OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf${secret ? ` OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20${secret}"` : ""} opentelemetry-instrument python app.py`,
      ],
    ];
    const needsKey = secret !== null && this.key === null;
    const offer = "A fresh key that may only read and write metrics.";
    const key = [
      el(
        "p",
        { class: "note" },
        button("Make a key for it", () => void this.makeKey(), { icon: "key", class: "small" }),
        " ",
        this.refusal || offer,
      ),
    ];
    this.element.replaceChildren(
      el("h1", { id: "first-title" }, "Send a first metric"),
      el("p", { class: "muted" }, "Nothing is stored here yet. Any of these lines sends something:"),
      ...(needsKey ? key : []),
      ...lines.map(([title, text]) =>
        el(
          "div",
          { class: "line" },
          el(
            "header",
            {},
            el("h2", {}, title),
            copier("Copy", () => text),
          ),
          el("pre", { tabindex: "0", "aria-label": `With ${title}` }, el("code", {}, text)),
        ),
      ),
      el(
        "p",
        { class: "waiting", role: "status" },
        el("span", { class: "pulse", "aria-hidden": "true" }),
        "Waiting for the first metric …",
      ),
    );
  }

  private async makeKey(): Promise<void> {
    try {
      this.key = (await json<{ key: string }>("/admin/keys", { body: { role: "writer", note: "first metric" } })).key;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.refusal = error.message;
    }
    this.show();
  }

  private arrived({ name, value }: Metric): void {
    this.leave();
    catalog.forget();
    announce(`The first metric has arrived: ${name}`);
    this.element.replaceChildren(
      el("h1", { id: "first-title" }, "The first metric has arrived"),
      el("p", { class: "arrived" }, el("b", {}, name), ` = ${value}`),
      button(
        `Ask about ${name}`,
        () => {
          this.ask(`latest ${name}`);
        },
        { class: "primary", icon: "ask" },
      ),
    );
  }
}
