// Rankings: a bar for each row; two beside each other for a comparison, or for several values.

import { el } from "../dom";
import type { Answer, Cell } from "../types";
import { amount, signed, unitOf } from "../units";
import type { Drawing } from "./drawing";
import { drawnColumns, labelOf, periodOf } from "./series";

const MOST_BARS = 40;

export function drawBars(host: HTMLElement, answer: Answer): Drawing {
  const { columns, rows } = answer;
  const compared = columns.some((column) => column.name === "previous");
  const keys = columns.flatMap((_, place) => (place < answer.question.groups.length ? [place] : []));
  const all = drawnColumns(answer, keys.length);
  const values = compared || sameUnit(answer, all) ? all.slice(0, 4) : all.slice(0, 1);
  const shown = rows.slice(0, MOST_BARS);
  const numbers = shown.flatMap((row) => values.map((place) => numberOf(row[place])));
  const [least, most] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const span = most - least || 1;
  const change = columns.findIndex((column) => column.name === "change_percent");

  const list = el(
    "div",
    { class: `bars${values.length > 1 ? " several" : ""}` },
    ...shown.map((row) => {
      const label = keys.map((place) => labelOf(row[place])).join(" · ") || "all";
      const bars = values.map((place, index) => {
        const value = numberOf(row[place]);
        const previous = columns[place].name === "previous";
        const left = ((Math.min(0, value) - least) / span) * 100;
        const width = (Math.abs(value) / span) * 100;
        const bar = el("span", { class: `bar ${previous ? "before" : `series-${index % 8}`}` });
        bar.style.marginInlineStart = `${left}%`;
        bar.style.width = `${width}%`;
        return el(
          "div",
          { class: "measure" },
          el("span", { class: "track", "aria-hidden": "true" }, bar),
          el(
            "span",
            { class: `value${previous ? " before" : ""}` },
            row[place] === null ? "–" : amount(value, unitOf(answer.question, columns[place].name)),
          ),
        );
      });
      const moved =
        change >= 0 && typeof row[change] === "number"
          ? el("span", { class: "change" }, signed(row[change] as number, "%"))
          : null;
      return el(
        "div",
        { class: "row" },
        el("bdi", { class: "label", title: label }, label),
        el("div", { class: "measures" }, ...bars),
        moved,
      );
    }),
  );
  const legend =
    values.length > 1
      ? el(
          "div",
          { class: "legend" },
          ...values.map((place, index) =>
            el(
              "span",
              { class: "entry" },
              el("span", { class: `swatch ${columns[place].name === "previous" ? "before" : `series-${index}`}` }),
              compared ? periodOf(answer, columns[place].name === "previous") : columns[place].name,
            ),
          ),
        )
      : null;
  host.replaceChildren(...(legend ? [legend] : []), list);
  const notes =
    rows.length > MOST_BARS
      ? [`${MOST_BARS} of ${rows.length.toLocaleString("en")} bars are drawn; the table has all.`]
      : [];
  return {
    notes,
    summary: `Bars, ${shown.length} of ${rows.length}`,
    canvas: () => picture(answer, shown, keys, values, least, span),
    stop: () => undefined,
  };
}

const numberOf = (cell: Cell): number => (typeof cell === "number" ? cell : 0);
const sameUnit = (answer: Answer, places: number[]): boolean =>
  new Set(places.map((place) => unitOf(answer.question, answer.columns[place].name))).size <= 1;

/** The same on a canvas, to be kept as an image. */
async function picture(
  answer: Answer,
  rows: Cell[][],
  keys: number[],
  values: number[],
  least: number,
  span: number,
): Promise<HTMLCanvasElement> {
  const { palette, seriesColour } = await import("./palette");
  const colours = palette();
  const [width, left, room, thick, gap] = [1200, 280, 160, values.length > 1 ? 18 : 26, 18];
  const step = values.length * thick + gap;
  const canvas = el("canvas", { width: width * 2, height: (rows.length * step + gap) * 2 });
  const pen = canvas.getContext("2d")!;
  pen.scale(2, 2);
  pen.font = `15px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "middle";
  rows.forEach((row, index) => {
    const top = gap + index * step;
    pen.fillStyle = colours.ink;
    pen.fillText(
      keys
        .map((place) => labelOf(row[place]))
        .join(" · ")
        .slice(0, 34),
      16,
      top + (values.length * thick) / 2,
      left - 32,
    );
    values.forEach((place, order) => {
      const value = numberOf(row[place]);
      const scale = (width - left - room) / span;
      pen.fillStyle = answer.columns[place].name === "previous" ? colours.faint : seriesColour(colours, order);
      pen.fillRect(
        left + (Math.min(0, value) - least) * scale,
        top + order * thick,
        Math.max(1, Math.abs(value) * scale),
        thick - 4,
      );
      pen.fillStyle = colours.ink;
      pen.fillText(
        amount(value, unitOf(answer.question, answer.columns[place].name)),
        left + (Math.max(0, value) - least) * scale + 10,
        top + order * thick + thick / 2 - 2,
      );
    });
  });
  return canvas;
}
