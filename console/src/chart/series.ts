// The rows of an answer as lines over one axis of time, few enough of both to be drawn and told apart.

import { range } from "../times";
import type { Answer, Cell, Grain } from "../types";

export const MOST_LINES = 12;
export const MOST_POINTS = 2000;

const SECONDS: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 };
const MOST_BUCKETS = 20_000;

export interface Line {
  label: string;
  values: (number | null)[];
  dashed?: boolean;
  of: number;
}
export interface Lines {
  times: number[];
  lines: Line[];
  notes: string[];
}

export function labelOf(cell: Cell): string {
  return cell === null ? "(none)" : Array.isArray(cell) ? cell.join(", ") : String(cell);
}

/** The places of the columns that are drawn, from one on: of a comparison of shares or ratios, not what they are made of. */
export function drawnColumns({ columns, question }: Answer, from: number): number[] {
  const found = columns.flatMap((column, place) =>
    place >= from && column.type === "number" && column.name !== "change" && column.name !== "change_percent"
      ? [place]
      : [],
  );
  const made = question.share || question.over;
  return made && question.compared_to ? found.slice(-2) : found;
}

/** One line for each group and value; of a comparison the earlier period is dashed, on the same places. */
export function linesOf(answer: Answer): Lines {
  const columns = answer.columns;
  const time = columns.findIndex((column) => column.type === "time");
  const compared = columns.some((column) => column.name === "previous");
  const values = drawnColumns(answer, time + 1);
  const told = [...new Set(answer.rows.map((row) => Date.parse(String(row[time])) / 1000))].sort(
    (one, other) => one - other,
  );
  const times = unbroken(told, answer.question.grain);
  const nothing = addsUp(answer) ? 0 : null; // where there is no row, nothing came
  const placeOf = new Map(times.map((at, place) => [at, place]));
  const found = new Map<string, Line>();
  const groups = new Map<string, number>();
  for (const row of answer.rows) {
    const group = row.slice(0, time).map(labelOf).join(" · ");
    if (!groups.has(group)) groups.set(group, groups.size);
    for (const place of values) {
      const name = compared
        ? periodOf(answer, columns[place].name === "previous")
        : values.length > 1
          ? columns[place].name
          : "";
      const label = [group, name].filter(Boolean).join(" · ") || columns[place].name;
      let line = found.get(label);
      if (!line) {
        const of = compared ? groups.get(group)! : found.size;
        found.set(
          label,
          (line = { label, values: times.map(() => nothing), dashed: columns[place].name === "previous", of }),
        );
      }
      const value = row[place];
      line.values[placeOf.get(Date.parse(String(row[time])) / 1000)!] = typeof value === "number" ? value : null;
    }
  }
  return fewer({ times, lines: [...found.values()], notes: [] });
}

/** With the buckets in which nothing came, so that no line leads over them. */
function unbroken(times: number[], grain: Grain | null): number[] {
  const step = grain ? (SECONDS[grain.unit] ?? 0) * grain.count : 0;
  if (!step || times.length < 2 || (times[times.length - 1] - times[0]) / step > MOST_BUCKETS) return times;
  return times.flatMap((at, place) => {
    const found = [at];
    const next = times[place + 1];
    for (let missing = at + step; next !== undefined && next - missing > step / 2; missing += step) found.push(missing);
    return found;
  });
}

function addsUp({ question }: Answer): boolean {
  return (
    !question.over &&
    !question.share &&
    question.aggregations.every((each) => (each.function === "count" || each.function === "sum") && !each.per)
  );
}

/** Which of the two periods of a comparison a value is of. */
export function periodOf({ question }: Answer, isEarlier: boolean): string {
  const { start, end } = (isEarlier ? question.compared_to : null) ?? question.range;
  return range(start, end, question.zone);
}

/** Thinned to what can be seen: the lines with the largest values, and of many points the extremes. */
export function fewer(all: Lines): Lines {
  const notes = [...all.notes];
  let { times, lines } = all;
  if (lines.length > MOST_LINES) {
    const size = (line: Line): number => line.values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);
    const sizes = new Map(lines.map((line) => [line, size(line)]));
    notes.push(
      `${MOST_LINES} of ${lines.length.toLocaleString("en")} lines are drawn, those with the largest values; the table has all.`,
    );
    lines = [...lines]
      .sort((one, other) => sizes.get(other)! - sizes.get(one)!)
      .slice(0, MOST_LINES)
      .map((line, of) => (line.dashed ? line : { ...line, of }));
  }
  if (times.length > MOST_POINTS) {
    notes.push(
      `Thinned from ${times.length.toLocaleString("en")} points: of each stretch the lowest and the highest value are drawn.`,
    );
    const kept = new Set<number>([0, times.length - 1]);
    const step = Math.ceil((times.length * 2 * lines.length) / MOST_POINTS);
    for (const line of lines) {
      for (let start = 0; start < times.length; start += step) {
        let [low, high] = [-1, -1];
        for (let place = start; place < Math.min(start + step, times.length); place += 1) {
          const value = line.values[place];
          if (value === null) continue;
          if (low < 0 || value < line.values[low]!) low = place;
          if (high < 0 || value > line.values[high]!) high = place;
        }
        if (low >= 0) kept.add(low).add(high);
      }
    }
    const places = [...kept].sort((one, other) => one - other);
    times = places.map((place) => times[place]);
    lines = lines.map((line) => ({ ...line, values: places.map((place) => line.values[place]) }));
  }
  return { times, lines, notes };
}
