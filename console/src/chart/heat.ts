// Hour by weekday: a map of 7 by 24 cells, the fuller the higher.

import { el, svg } from "../dom";
import type { Answer } from "../types";
import { amount, unitOf } from "../units";
import type { Drawing } from "./drawing";
import { palette } from "./palette";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const [CELL, GAP, LEFT, TOP] = [30, 3, 44, 22];

export function isHeat(answer: Answer): boolean {
  const kinds = answer.question.groups
    .map((group) => group.kind)
    .sort()
    .join(" ");
  return kinds === "hour weekday" && answer.question.grain === null;
}

export function drawHeat(host: HTMLElement, answer: Answer): Drawing {
  const place = (name: string): number => answer.columns.findIndex((column) => column.name === name);
  const [hour, weekday] = [place("hour"), place("weekday")];
  const value = answer.columns.findIndex((column, index) => column.type === "number" && index !== hour);
  const unit = unitOf(answer.question, answer.columns[value].name);
  const numbers = answer.rows.map((row) => row[value]).filter((cell): cell is number => typeof cell === "number");
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const known = new Map(answer.rows.map((row) => [`${row[weekday]} ${row[hour]}`, row[value]]));
  const [width, height] = [LEFT + 24 * (CELL + GAP), TOP + 7 * (CELL + GAP)];
  const share = (cell: number): number => (most === least ? 1 : 0.08 + 0.92 * ((cell - least) / (most - least)));
  const cells = DAYS.flatMap((name, row) =>
    Array.from({ length: 24 }, (_, column) => {
      const cell = known.get(`${name} ${column}`);
      const spot = { x: LEFT + column * (CELL + GAP), y: TOP + row * (CELL + GAP), width: CELL, height: CELL, rx: 4 };
      if (typeof cell !== "number") return svg("rect", { ...spot, class: "nothing" });
      const label = `${name} ${String(column).padStart(2, "0")}:00, ${amount(cell, unit)}`;
      return svg("rect", { ...spot, class: "heat", "fill-opacity": share(cell).toFixed(3) }, svg("title", {}, label));
    }),
  );
  const hours = [0, 3, 6, 9, 12, 15, 18, 21].map((each) =>
    svg("text", { x: LEFT + each * (CELL + GAP), y: 14, class: "axis" }, `${String(each).padStart(2, "0")}:00`),
  );
  const days = DAYS.map((name, row) =>
    svg("text", { x: 0, y: TOP + row * (CELL + GAP) + 20, class: "axis" }, name.slice(0, 3)),
  );
  const map = svg(
    "svg",
    { class: "heatmap", viewBox: `0 0 ${width} ${height}`, role: "presentation" },
    ...hours,
    ...days,
    ...cells,
  );
  const scale = el(
    "div",
    { class: "legend scale" },
    el("span", {}, amount(least, unit)),
    el("span", { class: "ramp" }),
    el("span", {}, amount(most, unit)),
  );
  host.replaceChildren(el("div", { class: "scroll" }, map), scale);
  return {
    notes: [],
    summary: `A map of hours by weekdays, from ${amount(least, unit)} to ${amount(most, unit)}`,
    stop: () => undefined,
    canvas: () => Promise.resolve(picture()),
  };

  function picture(): HTMLCanvasElement {
    const colours = palette();
    const canvas = el("canvas", { width: width * 2, height: height * 2 });
    const pen = canvas.getContext("2d")!;
    pen.scale(2, 2);
    pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    DAYS.forEach((name, row) => {
      pen.globalAlpha = 1;
      pen.fillStyle = colours.faint;
      pen.fillText(name.slice(0, 3), 0, TOP + row * (CELL + GAP) + 20);
      for (let column = 0; column < 24; column += 1) {
        const cell = known.get(`${name} ${column}`);
        pen.globalAlpha = typeof cell === "number" ? share(cell) : 0.04;
        pen.fillStyle = typeof cell === "number" ? colours.series[0] : colours.ink;
        pen.fillRect(LEFT + column * (CELL + GAP), TOP + row * (CELL + GAP), CELL, CELL);
        pen.globalAlpha = 1;
        if (row === 0 && column % 3 === 0) {
          pen.fillStyle = colours.faint;
          pen.fillText(`${String(column).padStart(2, "0")}:00`, LEFT + column * (CELL + GAP), 14);
        }
      }
    });
    return canvas;
  }
}
