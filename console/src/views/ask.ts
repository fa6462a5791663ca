// The view where one asks.

import { ask, Problem, type Told } from "../api";
import { AskBox, roleNote, type Mark } from "../askbox";
import { assumedKinds, assumptionsOf, type Alternative, type Assumption } from "../assumptions";
import { addPin } from "../board";
import { Card } from "../card";
import { catalog } from "../catalog";
import { chips, type Change } from "../chips";
import { onReturn } from "../connection";
import { announce, button, el } from "../dom";
import { zoomed } from "../edits";
import { askOver, askQuestion, isFollowUp, phraseOf } from "../prompts";
import { marksOf, refusalCard } from "../refusal";
import { go, place } from "../router";
import { follow } from "../stream";
import { currentZone, onRedraw } from "../settings";
import type { Answer, Question, Refusal } from "../types";
import { welcome } from "../welcome";

export class AskView {
  readonly element = el("div", { class: "view ask" });
  private readonly box: AskBox;
  private readonly reading = el("div", { class: "reading-line" });
  private readonly told = el("div", { class: "told" });
  private readonly outcome = el("div", { class: "outcome" });
  private readonly welcome = el("div", { class: "welcome" });
  private card: Card | null = null;
  private answer: Answer | null = null;
  private phrase: string | null = null;
  private context: Question | null = null;
  private now: string | undefined;
  private stopLive: (() => void) | null = null;
  private asked: AbortController | null = null;
  private shownPrompt = "";

  constructor() {
    this.box = new AskBox(
      currentZone,
      (prompt) => {
        this.now = undefined;
        void this.ask(prompt, this.context);
      },
      (mark) => {
        this.pickMark(mark);
      },
    );
    this.element.append(
      el("h1", { class: "hero" }, "What would you like to know?"),
      this.box.element,
      this.reading,
      this.told,
      this.outcome,
      this.welcome,
    );
    onReturn(() => {
      if (this.element.isConnected && this.shownPrompt && !this.stopLive) void this.ask(this.shownPrompt, null, true);
    });
    onRedraw(() => {
      this.card?.redraw();
    });
  }

  /** Shows what the address says. */
  enter(): void {
    const { prompts, now, live } = place();
    this.now = now;
    if (!prompts.length) return this.greet();
    this.box.text = prompts[0];
    void this.ask(prompts[0], null, true).then(() => {
      if (live && this.answer) this.follow(true);
    });
  }

  leave(): void {
    this.follow(false, true);
    this.asked?.abort();
  }

  focus(): void {
    this.box.focus();
  }

  private greet(): void {
    this.follow(false, true);
    this.element.classList.add("is-home");
    this.shownPrompt = "";
    this.context = this.answer = null;
    this.clear();
    this.box.text = "";
    this.box.focus();
    void this.suggest();
  }

  private async suggest(): Promise<void> {
    this.welcome.replaceChildren(...(await welcome((prompt) => this.start(prompt))));
  }

  /** Asks a prompt that was chosen. */
  private start(prompt: string, context: Question | null = null): void {
    this.box.text = prompt;
    void this.ask(prompt, context);
  }

  private clear(): void {
    this.card?.stop();
    this.card = null;
    this.reading.replaceChildren();
    this.told.replaceChildren();
    this.outcome.replaceChildren();
    this.welcome.replaceChildren();
  }

  private async ask(prompt: string, context: Question | null, replace = false): Promise<void> {
    await this.run(
      async (signal) => {
        const tz = currentZone();
        const told = await ask({ prompt, tz, now: this.now, ...(context ? { context } : {}) }, signal);
        const own = phraseOf(prompt, told.answer.words);
        if (!context || !(await isFollowUp(told.answer, tz))) return { told, phrase: own };
        const { answer: _, ...rest } = told;
        const standing = await askQuestion(told.answer.question, own ?? this.phrase, tz, this.now);
        return { told: { ...rest, answer: standing.answer }, phrase: standing.phrase };
      },
      prompt,
      replace,
    );
  }

  private async change(change: Change): Promise<void> {
    const { question } = this.answer!;
    await this.run(async () => {
      const tz = currentZone();
      if (change.phrase) {
        const { phrase, ...told } = await askOver(question, change.phrase, tz);
        return { told, phrase };
      }
      const next = change.question!;
      const sameTime =
        JSON.stringify([next.range, next.compared_to]) === JSON.stringify([question.range, question.compared_to]);
      const { phrase, ...told } = await askQuestion(next, sameTime ? this.phrase : null, tz, this.now);
      return { told, phrase };
    }, this.box.text);
  }

  /** Asks, and shows what came of it: an answer, a refusal, or that there is no server. */
  private async run(
    work: (signal: AbortSignal) => Promise<{ told: Told; phrase: string | null }>,
    prompt: string,
    replace = false,
  ): Promise<void> {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const wasLive = this.stopLive !== null;
    this.element.classList.add("busy");
    this.element.classList.remove("is-home");
    try {
      const { told, phrase } = await work(asked.signal);
      if (asked.signal.aborted) return;
      this.phrase = phrase;
      this.follow(false, true);
      this.show(told, replace);
      if (wasLive) this.follow(true);
    } catch (error) {
      if (asked.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      if (error.status === 0 && this.answer) return; // said at the top; asked again when the server is back
      this.shownPrompt = prompt;
      this.refuse(error.body, prompt);
    } finally {
      if (this.asked === asked) this.element.classList.remove("busy");
    }
  }

  private show(told: Told, replace: boolean): void {
    const { answer } = told;
    this.answer = answer;
    this.context = answer.question;
    this.shownPrompt = answer.prompt;
    if (this.box.text !== answer.prompt) this.box.text = answer.prompt;
    go({ view: "ask", prompts: [answer.prompt], now: this.now, tz: place().tz }, replace);
    document.title = `${answer.prompt} · telemetry`;
    this.welcome.replaceChildren();
    this.read(answer);
    this.card?.stop();
    this.card = new Card(currentZone, {
      zoom: (from, to) => {
        void this.change({ question: zoomed(this.answer!.question, from, to) });
      },
      pin: () => {
        addPin(this.answer!.prompt);
      },
      live: this.now
        ? undefined
        : (on) => {
            this.follow(on);
          },
    });
    this.outcome.replaceChildren(this.card.element);
    this.card.show(told);
  }

  /** The sentence, and what was taken for granted. */
  private read(answer: Answer): void {
    const assumptions = assumptionsOf(answer, catalog);
    if (!catalog.isKnown)
      void catalog.names().then(
        () => {
          if (this.answer === answer) this.read(answer);
        },
        () => undefined,
      ); // for what may be meant instead
    const notes = new Map(assumptions.flatMap((each) => each.words.map((word) => [word.start, each.text])));
    this.box.mark(
      answer.words.map((word): Mark => {
        const note = notes.get(word.start);
        return {
          word,
          kind: note ? "assumed" : word.role === "unknown" ? "unknown" : "read",
          note: note ?? roleNote(word.role),
        };
      }),
    );
    this.reading.replaceChildren(
      chips(answer.question, this.phrase, assumedKinds(answer), (change) => {
        void this.change(change);
      }),
    );
    const afresh = this.now
      ? el(
          "p",
          { class: "note" },
          `As of ${this.now}. `,
          button(
            "Ask afresh",
            () => {
              this.now = undefined;
              void this.ask(answer.prompt, null);
            },
            { class: "inline" },
          ),
        )
      : null;
    this.told.replaceChildren(...assumptions.map((each) => this.assumption(each)), ...(afresh ? [afresh] : []));
  }

  private assumption({ text, alternatives }: Assumption): HTMLElement {
    return el(
      "p",
      { class: "assumption", tabindex: "-1", "data-text": text },
      el("bdi", {}, text),
      alternatives.length
        ? el(
            "span",
            { class: "instead" },
            " · instead: ",
            ...alternatives.map((each) =>
              button(
                each.label,
                () => {
                  this.take(each);
                },
                { class: "inline" },
              ),
            ),
          )
        : null,
    );
  }

  private take({ question, phrase }: Alternative): void {
    void this.change(question ? { question } : { phrase });
  }

  private pickMark(mark: Mark): void {
    if (mark.kind === "read") return;
    const wanted =
      [...this.told.querySelectorAll<HTMLElement>(".assumption")].find((each) => each.dataset.text === mark.note) ??
      this.outcome.querySelector<HTMLElement>(".suggestions");
    (wanted?.querySelector("button") ?? wanted)?.focus();
  }

  private refuse(refusal: Refusal, prompt: string): void {
    this.follow(false, true);
    this.clear();
    this.answer = null;
    if (this.box.text !== prompt) this.box.text = prompt;
    this.box.mark(marksOf(refusal));
    const card = refusalCard(refusal, {
      ask: (text) => this.start(text, this.context),
      again: () => void this.ask(prompt, null),
    });
    this.outcome.replaceChildren(card);
    announce(refusal.detail);
  }

  private follow(on: boolean, quietly = false): void {
    this.stopLive?.();
    this.stopLive = null;
    this.element.classList.toggle("is-live", on);
    this.outcome.querySelector(".tool.live")?.setAttribute("aria-pressed", String(on));
    if (!quietly && this.answer) go({ view: "ask", prompts: [this.answer.prompt], tz: place().tz, live: on }, true);
    if (!on || !this.answer) return;
    const query = new URLSearchParams({ prompt: this.answer.prompt, tz: currentZone() });
    this.stopLive = follow(
      `/query/live?${query}`,
      ({ event, data }) => {
        if (event === "answer") {
          const answer = data as Answer;
          this.answer = answer;
          this.context = answer.question;
          this.card?.show({ answer, served: { cache: "", steps: [], at: new Date() } }, true);
        } else if (event === "problem") {
          this.told.replaceChildren(el("p", { class: "note wrong", role: "alert" }, (data as Refusal).detail));
        }
      },
      (problem) => {
        this.refuse(problem.body, this.shownPrompt);
      },
    );
  }
}
