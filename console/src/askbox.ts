// The box: what is typed, how it may go on, and below each word how it was read.

import { Problem, json } from "./api";
import { announce, button, el } from "./dom";
import type { Word } from "./types";

const PAUSE_MS = 90;
const ROLES: Record<string, string> = {
  aggregation: "how values are combined",
  metric: "what was measured",
  tag: "which of them: a tag",
  value: "which of them: by value",
  grouping: "what rows are grouped by",
  grain: "how wide the buckets are",
  ranking: "which rows come first",
  time: "when",
  comparison: "compared with what",
  zone: "in which time zone",
  filler: "says nothing by itself",
  unknown: "not understood",
  list: "show the metrics themselves",
  share: "as parts of the whole",
  condition: "which groups to keep",
  form: "what kind of question",
  wish: "a request",
};

export interface Mark {
  word: Word;
  kind: "read" | "assumed" | "unknown";
  note: string;
}
interface Completion {
  text: string;
  role: string;
}

export class AskBox {
  readonly element: HTMLElement;
  private readonly field: HTMLTextAreaElement;
  private readonly mirror = el("div", { class: "mirror", "aria-hidden": "true" });
  private readonly list = el("ul", {
    class: "completions",
    role: "listbox",
    id: "completions",
    "aria-label": "How it may go on",
  });
  private readonly tip = el("div", { class: "tip", role: "tooltip", hidden: true });
  private readonly heard = el("p", { class: "unseen", id: "ask-words" });
  private completions: Completion[] = [];
  private active = -1;
  private timer = 0;
  private asked: AbortController | null = null;
  private marks: Mark[] = [];

  constructor(
    private readonly zone: () => string,
    private readonly submit: (prompt: string) => void,
    private readonly pick: (mark: Mark) => void,
  ) {
    this.field = el("textarea", {
      id: "ask",
      rows: 1,
      maxlength: 512,
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      enterkeyhint: "go",
      placeholder: "Ask about your metrics …",
      role: "combobox",
      "aria-label": "Ask about your metrics",
      "aria-expanded": "false",
      "aria-controls": "completions",
      "aria-autocomplete": "list",
      "aria-describedby": "ask-words",
      dir: "auto",
      oninput: () => {
        this.typed();
      },
      onkeydown: (event: KeyboardEvent) => {
        this.key(event);
      },
      onblur: () => {
        setTimeout(() => {
          this.close();
        }, 150);
      },
      onclick: (event: MouseEvent) => {
        const mark = this.markAt(event);
        if (mark) this.pick(mark);
      },
      onmousemove: (event: MouseEvent) => {
        this.hover(event);
      },
      onmouseleave: () => {
        this.tip.hidden = true;
      },
      onscroll: () => {
        this.mirror.scrollTop = this.field.scrollTop;
      },
    });
    const go = button(
      "Ask",
      () => {
        this.send();
      },
      { icon: "ask", class: "primary go", quiet: true },
    );
    this.element = el(
      "div",
      { class: "askbox" },
      el("div", { class: "field" }, this.mirror, this.field, go),
      this.list,
      this.tip,
      this.heard,
    );
    this.list.hidden = true;
    new ResizeObserver(() => {
      this.fit();
    }).observe(this.field);
  }

  get text(): string {
    return this.field.value;
  }

  set text(value: string) {
    this.field.value = value;
    this.marks = [];
    this.draw();
    this.fit();
    this.close();
  }

  focus(): void {
    this.field.focus();
  }

  /** Shows how the words of the text were read. */
  mark(marks: Mark[]): void {
    this.marks = marks;
    this.draw();
    this.heard.textContent = marks
      .filter((mark) => mark.word.role !== "filler")
      .map((mark) => `${mark.word.text}: ${mark.note}`)
      .join("; ");
  }

  private draw(): void {
    const text = this.field.value;
    const pieces: Node[] = [];
    let place = 0;
    for (const mark of this.marks) {
      const { start, end } = mark.word;
      if (start < place || text.slice(start, end) !== mark.word.text) continue; // typed over since
      pieces.push(
        document.createTextNode(text.slice(place, start)),
        el("span", { class: `word ${mark.kind} role-${mark.word.role}` }, text.slice(start, end)),
      );
      place = end;
    }
    this.mirror.replaceChildren(...pieces, text.slice(place) + "\u200b");
  }

  private fit(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  private markAt(event: MouseEvent): Mark | null {
    for (const span of this.mirror.querySelectorAll(".word")) {
      for (const box of span.getClientRects()) {
        if (
          event.clientX >= box.left &&
          event.clientX <= box.right &&
          event.clientY >= box.top &&
          event.clientY <= box.bottom + 4
        ) {
          const shown = [...this.mirror.querySelectorAll(".word")].indexOf(span);
          return (
            this.marks.filter((mark) => this.field.value.slice(mark.word.start, mark.word.end) === mark.word.text)[
              shown
            ] ?? null
          );
        }
      }
    }
    return null;
  }

  private hover(event: MouseEvent): void {
    const mark = this.markAt(event);
    this.tip.hidden = mark === null;
    if (!mark) return;
    this.tip.textContent = mark.note;
    const box = this.element.getBoundingClientRect();
    this.tip.style.left = `${event.clientX - box.left}px`;
  }

  private typed(): void {
    const text = this.field.value;
    if (/[\r\n]/.test(text)) this.field.value = text.replace(/[\r\n]+/g, " ");
    this.draw();
    this.fit();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.complete(), PAUSE_MS);
  }

  private async complete(): Promise<void> {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const prefix = this.field.value;
    try {
      const query = new URLSearchParams({ prefix, tz: this.zone() });
      const told = await json<{ completions: Completion[] }>(`/query/complete?${query}`, { signal: asked.signal });
      if (this.field.value === prefix && document.activeElement === this.field) this.offer(told.completions, prefix);
    } catch (error) {
      if (!asked.signal.aborted && !(error instanceof Problem)) throw error;
      if (!asked.signal.aborted) this.close();
    }
  }

  private offer(completions: Completion[], prefix: string): void {
    this.completions = completions.filter((each) => each.text !== prefix);
    this.active = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(
      ...this.completions.map((each, index) =>
        el(
          "li",
          {
            role: "option",
            id: `completion-${index}`,
            "aria-selected": "false",
            onmousedown: (event: MouseEvent) => {
              event.preventDefault();
              this.take(index, true);
            },
          },
          el("span", { class: "text" }, ...parted(each.text, prefix.trimStart())),
          el("span", { class: "role" }, each.role),
        ),
      ),
    );
    this.open(this.completions.length > 0);
    if (this.completions.length) announce(`${this.completions.length} ways to go on`);
  }

  private open(isOpen: boolean): void {
    this.list.hidden = !isOpen;
    this.field.setAttribute("aria-expanded", String(isOpen));
  }

  private close(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.active = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.open(false);
  }

  private move(by: number): void {
    const count = this.completions.length;
    this.active = this.active < 0 ? (by > 0 ? 0 : count - 1) : (this.active + by + count) % count;
    [...this.list.children].forEach((item, index) => {
      item.setAttribute("aria-selected", String(index === this.active));
      if (index === this.active) item.scrollIntoView({ block: "nearest" });
    });
    this.field.setAttribute("aria-activedescendant", `completion-${this.active}`);
  }

  private take(index: number, send: boolean): void {
    this.field.value = this.completions[index].text;
    this.draw();
    this.fit();
    this.close();
    if (send) this.send();
    else this.typed();
  }

  private key(event: KeyboardEvent): void {
    const isOpen = !this.list.hidden;
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (isOpen && this.active >= 0) this.take(this.active, true);
      else this.send();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.move(event.key === "ArrowDown" ? 1 : -1);
      else void this.complete();
    } else if (event.key === "Tab" && isOpen && !event.shiftKey && this.active >= 0) {
      event.preventDefault();
      this.take(this.active, false);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      this.close();
    }
  }

  private send(): void {
    const prompt = this.field.value.trim();
    this.close();
    if (prompt) this.submit(prompt);
  }
}

/** What is typed already, and what would come. */
function parted(text: string, typed: string): (Node | string)[] {
  let same = 0;
  while (same < typed.length && text[same]?.toLowerCase() === typed[same].toLowerCase()) same += 1;
  return [el("span", { class: "typed" }, text.slice(0, same)), text.slice(same)];
}

export function roleNote(role: string): string {
  return ROLES[role] ?? role;
}
