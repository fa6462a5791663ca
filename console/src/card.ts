// An answer: its picture, its rows, and on demand how it was come by.

import { request, type Told } from "./api";
import { draw, isEmpty } from "./chart/draw";
import type { Drawing } from "./chart/drawing";
import { png } from "./chart/image";
import { announce, button, download, el } from "./dom";
import { table } from "./table";
import { trust } from "./trust";

export interface Actions {
  zoom?: (from: number, to: number) => void;
  pin?: () => void;
  live?: (on: boolean) => void;
  isLive?: boolean;
}

export class Card {
  readonly element = el("section", { class: "card answer", "aria-label": "Answer" });
  private readonly picture = el("figure", { class: "picture" });
  private readonly side = el("div", { class: "side" });
  private readonly notes = el("div", { class: "notes" });
  private readonly how = el("div", { class: "how", hidden: true });
  private readonly caption = el("span", { class: "caption" });
  private readonly tools = el("div", { class: "tools", role: "toolbar", "aria-label": "What to do with the answer" });
  private drawing: Drawing | null = null;
  private told: Told | null = null;

  constructor(
    private readonly zone: () => string,
    private readonly actions: Actions,
  ) {
    this.element.append(
      el("header", {}, this.caption, this.tools),
      el("div", { class: "body" }, this.picture, this.side),
      this.notes,
      this.how,
    );
  }

  show(told: Told, isUpdate = false): void {
    this.told = told;
    this.drawing?.stop();
    const { answer } = told;
    this.picture.hidden = false;
    this.drawing = draw(this.picture, answer, {
      height: 320,
      onZoom: answer.question.form === "aggregate" ? this.actions.zoom : undefined,
    });
    this.picture.hidden = this.drawing === null;
    if (this.drawing) {
      this.picture.setAttribute("aria-label", this.drawing.summary);
      this.picture.setAttribute("role", "group");
    }
    const rows =
      isEmpty(answer) || answer.chart === "boolean" || (answer.chart === "number" && answer.columns.length === 1)
        ? []
        : [table(answer)];
    const top = this.side.querySelector(".scroll")?.scrollTop ?? 0;
    this.side.replaceChildren(...rows);
    this.side.hidden = rows.length === 0;
    if (isUpdate && rows.length) this.side.querySelector(".scroll")!.scrollTop = top;
    this.element.classList.toggle("wide", answer.chart === "table" || answer.columns.length > 3);
    this.element.classList.toggle("single", rows.length === 0);
    this.notes.replaceChildren(
      ...[
        ...(this.drawing?.notes ?? []),
        ...(answer.truncated
          ? [
              `These are the first ${answer.rows.length.toLocaleString("en")} rows; there are more. Ask for a ranking, a filter or wider buckets.`,
            ]
          : []),
      ].map((note) => el("p", { class: "note" }, note)),
    );
    this.caption.textContent = answer.rows.length === 1 ? "1 row" : `${answer.rows.length.toLocaleString("en")} rows`;
    if (!isUpdate) this.toolbar();
    if (!this.how.hidden && !isUpdate) this.explain();
    announce(isUpdate ? "" : `Answered: ${this.drawing?.summary ?? this.caption.textContent}`);
  }

  redraw(): void {
    if (this.told) this.show(this.told, true);
  }

  stop(): void {
    this.drawing?.stop();
    this.drawing = null;
  }

  private toolbar(): void {
    const { live, pin } = this.actions;
    const { answer } = this.told!;
    const toggle =
      live &&
      button(
        "Live",
        () => {
          const on = toggle!.getAttribute("aria-pressed") !== "true";
          toggle!.setAttribute("aria-pressed", String(on));
          live(on);
        },
        { icon: "live", class: "tool live", "aria-pressed": this.actions.isLive ? "true" : "false" },
      );
    const how = button(
      "How",
      () => {
        this.how.hidden = !this.how.hidden;
        how.setAttribute("aria-expanded", String(!this.how.hidden));
        if (!this.how.hidden) this.explain();
      },
      {
        icon: "how",
        class: "tool",
        "aria-expanded": this.how.hidden ? "false" : "true",
        title: "How this was answered",
      },
    );
    this.tools.replaceChildren(
      ...[
        toggle,
        pin &&
          button(
            "Pin",
            () => {
              pin();
              announce("Pinned to the board");
            },
            { icon: "pin", class: "tool", title: "Pin to the board" },
          ),
        answer.rows.length > 0 &&
          button("CSV", () => void this.csv(), { icon: "table", class: "tool", title: "Download the rows" }),
        this.drawing?.canvas &&
          button("PNG", () => void this.image(), { icon: "image", class: "tool", title: "Download the picture" }),
        how,
      ].filter((each): each is HTMLButtonElement => Boolean(each)),
    );
  }

  private explain(): void {
    this.how.replaceChildren(trust(this.told!.answer, this.told!.served, this.zone()));
  }

  private async csv(): Promise<void> {
    const { answer } = this.told!;
    const response = await request("/query", {
      body: { question: answer.question, tz: this.zone() },
      headers: { Accept: "text/csv" },
    });
    download(await response.blob(), `${fileName(answer.prompt)}.csv`);
  }

  private async image(): Promise<void> {
    const canvas = await this.drawing?.canvas?.();
    if (canvas) download(await png(canvas, this.told!.answer.prompt), `${fileName(this.told!.answer.prompt)}.png`);
  }
}

const fileName = (prompt: string): string =>
  prompt
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60) || "answer";
