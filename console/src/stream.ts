// Server-sent events over fetch, because EventSource cannot send a key.

import { lost } from "./connection";
import { Problem, request } from "./api";

const SILENCE_MS = 15_000; // heartbeats come every five seconds
const RETRY_MS = 1000;

export interface Told {
  event: string;
  data: unknown;
}

/** Follows a stream, coming again where it was, until it is stopped or refused. */
export function follow(path: string, tell: (told: Told) => void, refused: (problem: Problem) => void): () => void {
  let stopped = false;
  let current: AbortController | null = null;
  let lastId = "";

  async function once(): Promise<void> {
    const abort = (current = new AbortController());
    let timer = 0;
    const alive = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => abort.abort(), SILENCE_MS);
    };
    alive();
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (lastId) headers["Last-Event-ID"] = lastId;
      const response = await request(path, { headers, signal: abort.signal });
      for await (const block of blocks(response.body!)) {
        alive();
        const fields = fieldsOf(block);
        if (fields.id !== undefined) lastId = fields.id;
        if (fields.event && fields.data !== undefined) tell({ event: fields.event, data: JSON.parse(fields.data) });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function on(): Promise<void> {
    while (!stopped) {
      try {
        await once();
      } catch (error) {
        if (stopped) return;
        if (error instanceof Problem && error.status !== 0 && error.status !== 503) return refused(error);
        if (!(error instanceof Problem)) lost();
      }
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }

  void on();
  return () => {
    stopped = true;
    current?.abort();
  };
}

async function* blocks(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held += value;
    let end: number;
    while ((end = held.indexOf("\n\n")) >= 0) {
      yield held.slice(0, end);
      held = held.slice(end + 2);
    }
  }
}

function fieldsOf(block: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) {
      const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
      fields[name] = name === "data" && fields.data !== undefined ? `${fields.data}\n${value}` : value;
    }
  }
  return fields;
}
