// What may be named: metrics, their types and tags, remembered for a while.

import { ask, json } from "./api";
import { EMPTY, type Question } from "./types";

const FRESH_MS = 20_000;

export interface Name {
  name: string;
  types: string[];
  series: number;
}
interface Memory<T> {
  at: number;
  value: Promise<T>;
}

export class Catalog {
  private last: Name[] = [];
  private readonly memories = new Map<string, Memory<unknown>>();

  /** All names, by the alphabet. */
  names(): Promise<Name[]> {
    return this.remembered("names", async () => {
      this.last = (await json<{ metrics: Name[] }>("/observability/metrics/types")).metrics;
      return this.last;
    });
  }

  /** The tag keys of these metrics; of all, where none are named. */
  keys(names: string[]): Promise<string[]> {
    return this.texts({ ...EMPTY, form: "catalog", subject: "keys", names });
  }

  values(key: string, names: string[]): Promise<string[]> {
    return this.texts({ ...EMPTY, form: "catalog", subject: "values", names, groups: [{ kind: "tag", key }] });
  }

  get isKnown(): boolean {
    return this.last.length > 0;
  }

  /** Of the names that are known now, those that hold the text, or all of its words. */
  like(text: string): string[] {
    const words = text
      .toLowerCase()
      .split(/\W+/)
      .filter(Boolean)
      .map((word) => word.replace(/s$/, ""));
    return this.last
      .map((each) => each.name)
      .filter((name) => words.every((word) => name.toLowerCase().includes(word)));
  }

  forget(): void {
    this.memories.clear();
  }

  private texts(question: Question): Promise<string[]> {
    return this.remembered(JSON.stringify(question), async () =>
      (await ask({ question })).answer.rows.map((row) => String(row[0])),
    );
  }

  private remembered<T>(key: string, make: () => Promise<T>): Promise<T> {
    const memory = this.memories.get(key) as Memory<T> | undefined;
    if (memory && Date.now() - memory.at < FRESH_MS) return memory.value;
    const value = make();
    value.catch(() => this.memories.delete(key));
    this.memories.set(key, { at: Date.now(), value });
    return value;
  }
}

export const catalog = new Catalog();
