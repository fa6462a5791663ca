// Lines over time, by uPlot. Dragging over a part asks for that part.

import uPlot from "uplot";
import { el } from "../dom";
import { clock, day, instant } from "../times";
import type { Answer } from "../types";
import { amount, brief, unitOf } from "../units";
import { palette, seriesColour } from "./palette";
import type { Drawing, Options } from "./drawing";
import { linesOf } from "./series";

export function drawLines(host: HTMLElement, answer: Answer, options: Options): Drawing {
  const { times, lines, notes } = linesOf(answer);
  const zone = answer.question.zone;
  const colours = palette();
  const column = answer.columns.find(
    (each, place) => each.type === "number" && place > answer.columns.findIndex((one) => one.type === "time"),
  );
  const unit = unitOf(answer.question, column?.name ?? "");
  const legend = el("div", { class: "legend" });
  const picture = el("div", { class: "plot" });
  const at = el("span", { class: "at" });
  host.replaceChildren(legend, picture);
  const numbers = lines.flatMap((line) => line.values.filter((value): value is number => value !== null));
  const fromZero = lines.length === 1 && spread(least(numbers), most(numbers))[0] === 0; // an area that begins elsewhere would lie
  const font = `${options.big ? 15 : 12}px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colours.faint, font, grid: { stroke: colours.line, width: 1 }, ticks: { show: false } };
  const plot = new uPlot(
    {
      width: Math.max(200, host.clientWidth),
      height: options.height,
      legend: { show: false },
      padding: [12, 12, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      cursor: {
        drag: { x: options.onZoom !== undefined, y: false, setScale: false },
        points: { size: 7, width: 2, fill: colours.paper },
        y: false,
      },
      scales: { x: { time: true }, y: { range: (_, low, high) => spread(low, high) } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          values: (_, splits) => splits.map((split, place) => tick(split, splits[place - 1], zone)),
          space: options.big ? 110 : 76,
          gap: 8,
          size: options.big ? 44 : 34,
        },
        {
          ...axis,
          values: (_, splits) => splits.map((split) => brief(split, unit)),
          size: (_, values) => 14 + Math.max(0, ...(values ?? []).map((value) => value.length)) * (options.big ? 9 : 7),
          gap: 8,
        },
      ],
      series: [
        {},
        ...lines.map((line) => {
          const colour = seriesColour(colours, line.of);
          return {
            label: line.label,
            stroke: colour,
            width: options.big ? 3 : 1.75,
            spanGaps: false,
            dash: line.dashed ? [5, 5] : undefined,
            alpha: line.dashed ? 0.75 : 1,
            fill: fromZero ? `${colour}17` : undefined,
            points: {
              show: true,
              size: options.big ? 8 : 5,
              fill: colour,
              filter: (self: uPlot, index: number) => alone(self.data[index]),
            },
          };
        }),
      ],
      hooks: {
        setCursor: [
          (self) => {
            tell(self.cursor.idx ?? null);
          },
        ],
        setSelect: [
          (self) => {
            if (self.select.width < 6) return;
            const [from, to] = [
              self.posToVal(self.select.left, "x"),
              self.posToVal(self.select.left + self.select.width, "x"),
            ];
            self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            options.onZoom?.(from, to);
          },
        ],
      },
    },
    [times, ...lines.map((line) => line.values)] as uPlot.AlignedData,
    picture,
  );

  const entries = lines.map((line, index) => {
    const value = el("span", { class: "value" });
    const swatch = el("span", { class: `swatch series-${line.of % 8}${line.dashed ? " dashed" : ""}` });
    const entry = el(
      "button",
      {
        type: "button",
        class: "entry",
        "aria-pressed": "true",
        title: "Show or hide",
        onclick: () => {
          const shown = !plot.series[index + 1].show;
          plot.setSeries(index + 1, { show: shown });
          entry.setAttribute("aria-pressed", String(shown));
        },
      },
      swatch,
      el("bdi", { class: "name" }, line.label),
      value,
    );
    return { entry, value };
  });
  legend.append(...entries.map((each) => each.entry));
  picture.append(at);

  function tell(place: number | null): void {
    entries.forEach(({ value }, index) => {
      const all = lines[index].values;
      const cell = place === null ? null : all[place];
      value.textContent = cell === null || cell === undefined ? "" : amount(cell, unit);
    });
    at.textContent = place === null ? "" : instant(new Date(times[place] * 1000).toISOString(), zone);
  }
  tell(null);

  const resized = new ResizeObserver(() => {
    const width = Math.max(200, host.clientWidth);
    if (width !== plot.width) plot.setSize({ width, height: options.height });
  });
  resized.observe(host);
  return {
    notes,
    summary: `Lines over time, ${lines.length} of ${times.length} points, from ${amount(least(numbers), unit)} to ${amount(most(numbers), unit)}`,
    canvas: () => Promise.resolve(plot.ctx.canvas),
    stop() {
      resized.disconnect();
      plot.destroy();
    },
  };
}

/** Values without a neighbour, which no line would show. */
function alone(values: ArrayLike<number | null | undefined>): number[] {
  const isThere = (place: number): boolean => values[place] !== null && values[place] !== undefined;
  return Array.from(values, (_, place) => place).filter(
    (place) => isThere(place) && !isThere(place - 1) && !isThere(place + 1),
  );
}

const least = (numbers: number[]): number => numbers.reduce((one, other) => Math.min(one, other), Infinity);
const most = (numbers: number[]): number => numbers.reduce((one, other) => Math.max(one, other), -Infinity);

/** From zero where that leaves the lines room, else around them. */
function spread(low: number, high: number): [number, number] {
  if (low === null || high === null || !Number.isFinite(low)) return [0, 1];
  if (low === high) return low === 0 ? [0, 1] : low > 0 ? [0, low * 1.3] : [low * 1.3, 0];
  const room = (high - low) * 0.08;
  if (low >= 0 && low < high * 0.6) return [0, high + room];
  if (high <= 0 && high > low * 0.6) return [low - room, 0];
  return [low - room, high + room];
}

function tick(split: number, before: number | undefined, zone: string): string {
  const at = new Date(split * 1000);
  const time = clock(at, zone);
  const isNewDay = before === undefined || day(new Date(before * 1000), zone) !== day(at, zone);
  return time === "00:00" ? day(at, zone) : isNewDay && before !== undefined ? `${day(at, zone)}\n${time}` : time;
}
