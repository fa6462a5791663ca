// The rows, sorted by any column.

import { button, el } from "./dom";
import { labelOf } from "./chart/series";
import { instant } from "./times";
import type { Answer, Cell, Column } from "./types";
import { amount, plain, signed, unitOf } from "./units";

const FIRST_ROWS = 100;

export function table(answer: Answer): HTMLElement {
  const { columns, question } = answer;
  const units = columns.map((column) => (column.type === "number" ? unitOf(question, column.name) : ""));
  const head = el("tr");
  const body = el("tbody");
  const below = el("div", { class: "below" });
  let [sorted, descending, all] = [-1, false, answer.rows.length <= FIRST_ROWS];

  const show = (): void => {
    const rows =
      sorted < 0 ? answer.rows : [...answer.rows].sort((one, other) => compare(one[sorted], other[sorted], descending));
    body.replaceChildren(
      ...(all ? rows : rows.slice(0, FIRST_ROWS)).map((row) =>
        el(
          "tr",
          {},
          ...row.map((cell, index) =>
            el("td", { class: columns[index].type }, content(cell, columns[index], units[index], question.zone)),
          ),
        ),
      ),
    );
    head.replaceChildren(
      ...columns.map((column, index) =>
        el(
          "th",
          {
            scope: "col",
            class: column.type,
            "aria-sort": index === sorted ? (descending ? "descending" : "ascending") : "none",
          },
          el(
            "button",
            {
              type: "button",
              onclick: () => {
                sort(index);
              },
            },
            nameOf(column),
            el("span", { class: "arrow", "aria-hidden": "true" }, index === sorted ? (descending ? "↓" : "↑") : ""),
          ),
        ),
      ),
    );
    below.replaceChildren(
      ...(all
        ? []
        : [
            button(
              `Show all ${answer.rows.length.toLocaleString("en")} rows`,
              () => {
                all = true;
                show();
              },
              { class: "small" },
            ),
          ]),
    );
  };
  const sort = (index: number): void => {
    [sorted, descending] =
      sorted === index
        ? descending === (columns[index].type !== "number")
          ? [-1, false]
          : [index, !descending]
        : [index, columns[index].type === "number"];
    show();
  };
  show();
  return el(
    "div",
    { class: "rows" },
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows of the answer" },
      el("table", {}, el("thead", {}, head), body),
    ),
    below,
  );
}

const nameOf = (column: Column): string =>
  column.name === "change_percent" ? "change %" : column.name.replaceAll("_", " ");

function content(cell: Cell, column: Column, unit: string, zone: string): Node | string {
  if (cell === null) return el("span", { class: "none" }, "–");
  if (typeof cell === "number")
    return column.name.startsWith("change") ? signed(cell, unit) : unit ? amount(cell, unit) : plain(cell);
  if (column.type === "time") return el("time", { datetime: String(cell) }, instant(String(cell), zone));
  if (column.type === "boolean") return cell ? "yes" : "no";
  return el("bdi", {}, labelOf(cell));
}

function compare(one: Cell, other: Cell, descending: boolean): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1; // nothing is last, either way
  const order =
    typeof one === "number" && typeof other === "number"
      ? one - other
      : labelOf(one).localeCompare(labelOf(other), "en", { numeric: true });
  return descending ? -order : order;
}
