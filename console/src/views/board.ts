// Pinned questions side by side, refreshed together.

import { ask, Problem } from "../api";
import { pins, setPins } from "../board";
import { draw } from "../chart/draw";
import type { Drawing } from "../chart/drawing";
import { onReturn } from "../connection";
import { button, copier, el } from "../dom";
import { go, hashOf, link, place } from "../router";
import { currentZone, onRedraw } from "../settings";
import { table } from "../table";
import type { Answer } from "../types";

const EVERY_MS = 10_000;

interface Tile {
  prompt: string;
  element: HTMLElement;
  picture: HTMLElement;
  state: HTMLElement;
  drawing: Drawing | null;
  answer: Answer | null;
  shown: string;
}

export class BoardView {
  readonly element = el("div", { class: "view board" });
  private tiles: Tile[] = [];
  private timer = 0;
  private entered = false;

  constructor() {
    onReturn(() => {
      if (this.entered) void this.refresh();
    });
    onRedraw(() => {
      if (this.entered)
        this.tiles.forEach((tile) => {
          if (tile.answer) this.draw(tile, tile.answer);
        });
    });
    document.addEventListener("visibilitychange", () => {
      if (this.entered && !document.hidden) void this.refresh();
    });
    document.addEventListener("fullscreenchange", () => {
      document.documentElement.classList.toggle("wall", document.fullscreenElement !== null);
      if (this.entered)
        this.tiles.forEach((tile) => {
          if (tile.answer) this.draw(tile, tile.answer);
        });
    });
  }

  enter(): void {
    this.entered = true;
    const { prompts } = place();
    this.show(prompts.length ? prompts : pins());
  }

  leave(): void {
    this.entered = false;
    clearTimeout(this.timer);
    this.tiles.forEach((tile) => tile.drawing?.stop());
  }

  focus(): void {
    this.element.querySelector<HTMLElement>("h1")?.focus();
  }

  private show(prompts: string[]): void {
    this.tiles.forEach((tile) => tile.drawing?.stop());
    this.tiles = prompts.map((prompt, index) => this.tile(prompt, index));
    go({ view: "board", prompts, tz: place().tz }, true);
    document.title = "Board · telemetry";
    const isOther = JSON.stringify(prompts) !== JSON.stringify(pins());
    const head = el(
      "header",
      { class: "head" },
      el("h1", { tabindex: "-1" }, "Board"),
      el(
        "div",
        { class: "tools" },
        isOther && prompts.length
          ? button(
              "Keep as mine",
              () => {
                setPins(prompts);
                this.show(prompts);
              },
              { icon: "pin", class: "tool" },
            )
          : null,
        prompts.length ? copier("Copy link", () => link({ view: "board", prompts, tz: currentZone() })) : null,
        prompts.length
          ? button("Full screen", () => void document.documentElement.requestFullscreen(), {
              icon: "wall",
              class: "tool",
            })
          : null,
      ),
    );
    const nothing = el(
      "div",
      { class: "card empty" },
      el("p", { class: "lead" }, "Nothing is pinned."),
      el("p", {}, "Ask something, then press Pin: it is shown here, and kept up to date."),
    );
    this.element.replaceChildren(
      head,
      prompts.length ? el("div", { class: "tiles" }, ...this.tiles.map((tile) => tile.element)) : nothing,
    );
    void this.refresh();
  }

  private tile(prompt: string, index: number): Tile {
    const [picture, state] = [el("figure", { class: "picture", role: "group" }), el("p", { class: "state" })];
    const moved = (by: number): void => {
      const prompts = this.tiles.map((each) => each.prompt);
      [prompts[index], prompts[index + by]] = [prompts[index + by], prompts[index]];
      this.keep(prompts);
    };
    const element = el(
      "section",
      { class: "card tile", "aria-label": prompt },
      el(
        "header",
        {},
        el("h2", {}, el("a", { href: hashOf({ view: "ask", prompts: [prompt] }), dir: "auto" }, prompt)),
        el(
          "div",
          { class: "tools" },
          index
            ? button(
                `Move “${prompt}” forward`,
                () => {
                  moved(-1);
                },
                { quiet: true, icon: "down", class: "plain turned" },
              )
            : null,
          button(
            `Unpin “${prompt}”`,
            () => {
              this.keep(this.tiles.map((each) => each.prompt).filter((_, place) => place !== index));
            },
            { quiet: true, icon: "close", class: "plain" },
          ),
        ),
      ),
      picture,
      state,
    );
    return { prompt, element, picture, state, drawing: null, answer: null, shown: "" };
  }

  private keep(prompts: string[]): void {
    setPins(prompts);
    this.show(prompts);
  }

  /** All tiles at one time, and again after a while. */
  private async refresh(): Promise<void> {
    clearTimeout(this.timer);
    const tiles = this.tiles;
    await Promise.all(tiles.map((tile) => this.update(tile)));
    if (this.entered && tiles === this.tiles)
      this.timer = window.setTimeout(() => {
        if (!document.hidden) void this.refresh();
      }, EVERY_MS);
  }

  private async update(tile: Tile): Promise<void> {
    try {
      const { answer } = await ask({ prompt: tile.prompt, tz: currentZone() });
      tile.state.textContent = "";
      const shown = JSON.stringify([answer.rows, answer.columns]);
      if (shown === tile.shown) return;
      tile.shown = shown;
      tile.answer = answer;
      if (this.entered) this.draw(tile, answer);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      tile.state.textContent = error.message;
      tile.state.className = "state wrong";
    }
  }

  private draw(tile: Tile, answer: Answer): void {
    tile.drawing?.stop();
    const big = document.fullscreenElement !== null;
    tile.drawing = draw(tile.picture, answer, {
      height: big ? Math.max(240, Math.round(innerHeight / 3.2)) : 220,
      big,
    });
    if (!tile.drawing) tile.picture.replaceChildren(table(answer));
    tile.picture.setAttribute("aria-label", tile.drawing?.summary ?? "Rows");
  }
}
