// The sentence under the box: each part of the question is a chip, and a chip opens what it may be instead.

import { catalog } from "./catalog";
import { button, el, icon } from "./dom";
import * as edits from "./edits";
import { dropMenu, type Item, type Menu } from "./menu";
import { sentence, type Part } from "./sentence";
import type { Question } from "./types";

export interface Change {
  question?: Question;
  phrase?: string;
}

const PHRASES = [
  "over the last hour",
  "over the last 6 hours",
  "today",
  "yesterday",
  "over the last 24 hours",
  "this week",
  "last week",
  "over the last 7 days",
  "over the last 30 days",
  "this month",
  "last month",
];
const COUNTS = [3, 5, 10, 20, 50];
const LABELS: Record<string, string> = {
  aggregation: "how values are combined",
  metric: "metric",
  filter: "filter",
  value: "condition on values",
  group: "grouping",
  grain: "buckets",
  rank: "ranking",
  condition: "condition on groups",
  cycle: "recurring time",
  range: "time range",
  compared: "compared with",
};

/** `assumed`: the kinds of parts that nobody said. */
export function chips(
  question: Question,
  phrase: string | null,
  assumed: Set<string>,
  change: (change: Change) => void,
): HTMLElement {
  const drawn = sentence(question, phrase).map((part) => {
    if (!part.kind) return el("span", { class: "joint" }, part.text);
    const chip: HTMLButtonElement = el(
      "button",
      {
        type: "button",
        class: `chip ${part.kind}${assumed.has(part.kind) ? " assumed" : ""}`,
        title: part.title,
        dir: "auto",
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        "data-kind": part.kind,
        onclick: () => {
          dropMenu(chip, () => menuOf(part, question, change));
        },
      },
      el("span", { class: "unseen" }, `${LABELS[part.kind]}: `),
      el("span", { class: "text" }, part.text),
    );
    return el("span", { class: "anchor" }, chip);
  });
  const more: HTMLButtonElement = el(
    "button",
    {
      type: "button",
      class: "chip add",
      "aria-label": "Add a part",
      title: "Add a part",
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
      onclick: () => {
        dropMenu(more, () => additions(question, change, more));
      },
    },
    icon("plus"),
  );
  const adds = question.form === "aggregate" ? el("span", { class: "anchor" }, more) : null;
  return el("p", { class: "sentence", "aria-label": "The question as it was read" }, ...drawn, adds);
}

function menuOf(part: Part, question: Question, change: (change: Change) => void): Promise<Menu> | Menu {
  const index = part.index ?? 0;
  const to = (label: string, next: Question, checked = false): Item => ({
    label,
    checked,
    act: () => {
      change({ question: next });
    },
  });
  const without = (next: Question): Item => ({
    label: "Leave out",
    danger: true,
    act: () => {
      change({ question: next });
    },
  });
  switch (part.kind!) {
    case "aggregation": {
      const items = edits.FUNCTIONS.map(([label, each]) =>
        to(
          label,
          edits.withAggregation(question, index, each),
          edits.isAggregation(question.aggregations[index], each),
        ),
      );
      return {
        title: "Combine values as",
        items:
          question.aggregations.length > 1 ? [...items, without(edits.withoutAggregation(question, index))] : items,
      };
    }
    case "metric":
      return metricMenu(question, to);
    case "filter":
      return filterMenu(question, index, to, without);
    case "value":
      return {
        title: "Condition on values",
        items: [without({ ...question, values: edits.removed(question.values, index) })],
      };
    case "condition":
      return {
        title: "Condition on groups",
        items: [without({ ...question, having: edits.removed(question.having, index) })],
      };
    case "cycle":
      return {
        title: "Recurring time",
        items: [without({ ...question, during: edits.removed(question.during, index) })],
      };
    case "group":
      return groupMenu(question, index, to, [without(edits.withoutGroup(question, index))]);
    case "grain":
      return {
        title: "Buckets of a",
        items: [
          ...edits.GRAINS.map((grain) =>
            to(edits.grainLabel(grain), { ...question, grain }, edits.equal(grain, question.grain)),
          ),
          without(edits.withoutGrain(question)),
        ],
      };
    case "rank":
      return {
        title: "Which rows come first",
        items: [
          ...[true, false].flatMap((descending) =>
            COUNTS.map((count) =>
              to(
                `${descending ? "top" : "bottom"} ${count}`,
                { ...question, rank: { ...question.rank!, count, descending } },
                question.rank!.count === count && question.rank!.descending === descending,
              ),
            ),
          ),
          without({ ...question, rank: null }),
        ],
      };
    case "range":
      return {
        title: "When",
        items: PHRASES.map((phrase) => ({
          label: phrase,
          act: () => {
            change({ phrase });
          },
        })),
        extra: between(question, change),
      };
    case "compared":
      return {
        title: "Compare with",
        items: [
          ...edits
            .comparisons(question)
            .map(([label, range]) =>
              to(label, { ...question, compared_to: range }, edits.equal(range, question.compared_to)),
            ),
          without(edits.uncompared(question)),
        ],
      };
  }
}

type To = (label: string, next: Question, checked?: boolean) => Item;

async function metricMenu(question: Question, to: To): Promise<Menu> {
  const names = await catalog.names();
  const all =
    question.form === "aggregate" && question.aggregations.every((each) => each.function === "count")
      ? [to("all events", { ...question, names: [] }, !question.names.length)]
      : [];
  return {
    title: "Metric",
    search: true,
    items: [
      ...all,
      ...names.map(({ name }) =>
        to(name, edits.withName(question, name), question.names.length === 1 && question.names[0] === name),
      ),
    ],
  };
}

async function filterMenu(question: Question, index: number, to: To, without: (next: Question) => Item): Promise<Menu> {
  const tag = question.tags[index];
  const values = await catalog.values(tag.key, question.names);
  const set = (next: Partial<typeof tag>): Question => edits.withTag(question, index, { ...tag, match: "is", ...next });
  return {
    title: tag.key,
    search: true,
    items: [
      ...values.map((value) => to(value, set({ values: [value] }), tag.match === "is" && tag.values.includes(value))),
      ...(tag.values.length
        ? [to(tag.negated ? "is" : "is not", set({ negated: !tag.negated, match: tag.match }))]
        : []),
      without(edits.withoutTag(question, index)),
    ],
  };
}

async function groupMenu(question: Question, index: number, to: To, rest: Item[]): Promise<Menu> {
  const groups = edits.groupings(await catalog.keys(question.names));
  return {
    title: "Group by",
    search: true,
    items: [
      ...groups.map(([label, group]) =>
        to(label, edits.withGroup(question, index, group), edits.equal(group, question.groups[index])),
      ),
      ...rest,
    ],
  };
}

function additions(question: Question, change: (change: Change) => void, anchor: HTMLElement): Menu {
  const deeper = (label: string, load: () => Promise<Menu> | Menu): Item => ({
    label,
    act: () => {
      dropMenu(anchor, load);
    },
  });
  const to: To = (label, next) => ({
    label,
    act: () => {
      change({ question: next });
    },
  });
  const items: Item[] = [
    deeper("a filter …", async () => ({
      title: "Only where",
      search: true,
      items: (await catalog.keys(question.names)).map((key) =>
        deeper(key, async () => ({
          title: `${key} is`,
          search: true,
          items: (await catalog.values(key, question.names)).map((value) =>
            to(value, { ...question, tags: [...question.tags, { key, values: [value], negated: false, match: "is" }] }),
          ),
        })),
      ),
    })),
    deeper("a grouping …", () => groupMenu(question, question.groups.length, to, [])),
    deeper("another way to combine …", () => ({
      title: "Combine values as",
      items: edits.FUNCTIONS.map(([label, each]) =>
        to(label, edits.withAggregation(question, question.aggregations.length, each)),
      ),
    })),
  ];
  if (!question.grain)
    items.push(
      deeper("buckets …", () => ({
        title: "Buckets of a",
        items: edits.GRAINS.map((grain) => to(edits.grainLabel(grain), { ...question, grain })),
      })),
    );
  if (!question.rank && question.groups.length)
    items.push(
      deeper("a ranking …", () => ({
        title: "Which rows come first",
        items: COUNTS.flatMap((count) => [
          to(`top ${count}`, edits.withRank(question, count, true)),
          to(`bottom ${count}`, edits.withRank(question, count, false)),
        ]),
      })),
    );
  if (!question.compared_to)
    items.push(
      deeper("a comparison …", () => ({
        title: "Compare with",
        items: edits.comparisons(question).map(([label, range]) => to(label, { ...question, compared_to: range })),
      })),
    );
  return { title: "Add", items };
}

function between(question: Question, change: (change: Change) => void): HTMLElement {
  const local = (text: string | null): string => (text ? edits.wallClock(text, question.zone) : "");
  const [from, to] = [question.range.start, question.range.end].map((text) =>
    el("input", { type: "datetime-local", value: local(text) }),
  );
  const form = el(
    "form",
    { class: "between" },
    el("label", {}, "from", from),
    el("label", {}, "to", to),
    button("Show", () => undefined, { type: "submit", class: "small" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [start, end] = [from, to].map((field) =>
      field.value ? edits.fromWallClock(field.value, question.zone) : null,
    );
    change({ question: { ...question, range: { start, end: end ?? question.range.end } } });
  });
  return form;
}
