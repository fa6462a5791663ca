// What the server sends and takes, as docs and /openapi.json tell it.

export type Cell = string | number | boolean | null | string[];
export interface Column {
  name: string;
  type: "string" | "number" | "boolean" | "time" | "tags";
}
export interface Word {
  text: string;
  start: number;
  end: number;
  role: string;
}
export interface Range {
  start: string | null;
  end: string | null;
}
export interface GroupKey {
  kind: "tag" | "name" | "type" | "hour" | "day_part" | "weekday" | "week_part";
  key: string;
}
export type Unit = "second" | "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";
export interface Aggregation {
  function: string;
  percent: number | null;
  key: GroupKey | null;
  per: Unit | null;
}
export interface TagFilter {
  key: string;
  values: string[];
  negated: boolean;
  match: "is" | "prefix" | "suffix" | "contains";
}
export interface ValueFilter {
  comparison: Comparison;
  number: number;
}
export type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
export interface Condition extends ValueFilter {
  of: "value" | "change" | "change_percent";
}
export interface Cycle {
  weekdays: number[];
  start: string;
  end: string;
  negated: boolean;
}
export interface Grain {
  unit: Unit;
  count: number;
}
export interface Rank {
  count: number;
  descending: boolean;
  per: GroupKey[];
  others: boolean;
  place?: number;
  by?: "value" | "change" | "change_percent" | "absolute_change";
}
export interface Over {
  names: string[];
  aggregation: Aggregation;
  tags: TagFilter[];
  values: ValueFilter[];
  percent: boolean;
  times: number;
  minus: boolean;
}

export interface Question {
  form: "aggregate" | "list" | "exists" | "age" | "silent" | "catalog";
  range: Range;
  aggregations: Aggregation[];
  names: string[];
  types: string[];
  tags: TagFilter[];
  values: ValueFilter[];
  groups: GroupKey[];
  grain: Grain | null;
  rank: Rank | null;
  limit: number | null;
  oldest?: boolean;
  having: Condition[];
  share: boolean;
  over: Over | null;
  compared_to: Range | null;
  during: Cycle[];
  subject: "names" | "keys" | "values" | null;
  unit: string | null;
  zone: string;
}

export interface Answer {
  prompt: string;
  reading: string;
  question: Question;
  words: Word[];
  assumptions: string[];
  collection: string;
  pipeline: unknown[];
  columns: Column[];
  rows: Cell[][];
  truncated: boolean;
  reads: { days: number; hours: number; raw_hours: number } | null;
  chart: "number" | "bar" | "line" | "table" | "boolean";
}

export interface Refusal {
  status: number;
  detail: string;
  code?: string;
  span?: { start: number; end: number };
  words?: Word[];
  suggestions?: string[];
}

/** How an answer was come by, as its headers tell. */
export interface Served {
  cache: string;
  steps: { name: string; ms: number }[];
  at: Date;
}

export const EMPTY: Question = {
  form: "aggregate",
  range: { start: null, end: null },
  aggregations: [],
  names: [],
  types: [],
  tags: [],
  values: [],
  groups: [],
  grain: null,
  rank: null,
  limit: null,
  having: [],
  share: false,
  over: null,
  compared_to: null,
  during: [],
  subject: null,
  unit: null,
  zone: "UTC",
};
