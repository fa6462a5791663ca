// A small line without axes.

import { svg } from "../dom";

const [WIDTH, HEIGHT] = [240, 40];
type Values = (number | null)[];

/** places: where each value stands, from 0 to 1; evenly, where none are given. */
export interface Course {
  values: Values;
  places?: number[];
}

/** `before`: an earlier course, drawn behind it. */
export function sparkline({ values, places }: Course, label: string, before: Course = { values: [] }): SVGElement {
  const numbers = [...values, ...before.values].filter((value): value is number => value !== null);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const y = (value: number): number =>
    most === least ? HEIGHT / 2 : HEIGHT - 4 - ((value - least) / (most - least)) * (HEIGHT - 8);
  return svg(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    },
    before.values.length ? svg("path", { class: "before", d: pathOf(before.values, y, before.places) }) : null,
    svg("path", { d: pathOf(values, y, places) }),
  );
}

function pathOf(values: Values, y: (value: number) => number, places?: number[]): string {
  const x = (place: number): number =>
    2 + (places ? places[place] : values.length < 2 ? 0.5 : place / (values.length - 1)) * (WIDTH - 4);
  const step = places ? Math.min(...places.slice(1).map((each, place) => each - places[place])) : 0;
  let path = "";
  let pen = false;
  values.forEach((value, place) => {
    if (value === null) {
      pen = false;
      return;
    }
    if (places && place && places[place] - places[place - 1] > 2.5 * step) pen = false; // nothing came in between
    path += `${pen ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = true;
  });
  return path.replace(/(M[\d. ]+)(?=M|$)/g, "$1h.01"); // one alone is a dot
}
