// Requests to the server, with the key of the tab where there is one.

import { lost } from "./connection";
import { session } from "./session";
import { askForKey } from "./signin";
import type { Answer, Question, Refusal, Served } from "./types";

/** What the server said was wrong; status 0: it said nothing, being away. */
export class Problem extends Error {
  constructor(readonly body: Refusal) {
    super(body.detail);
  }
  get status(): number {
    return this.body.status;
  }
}

export interface Asked {
  prompt?: string;
  question?: Question;
  context?: Question;
  now?: string;
  tz?: string;
  limit?: number;
}
export interface Told {
  answer: Answer;
  served: Served;
}

interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  method?: string;
}

/** The answer to a request; raises Problem where it is none. A key is asked for where one is needed. */
export async function request(path: string, options: Options = {}): Promise<Response> {
  for (;;) {
    const key = session.key;
    const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
    if (key) headers.Authorization = `Bearer ${key}`;
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(path, {
        method: options.method ?? (options.body === undefined ? "GET" : "POST"),
        headers,
        body: options.body === undefined ? undefined : JSON.stringify(options.body),
        signal: options.signal,
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      lost();
      throw new Problem({ status: 0, detail: "The server does not answer." });
    }
    if (response.status === 401) {
      await askForKey(key);
      continue;
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const otherwise: Refusal = { status: response.status, detail: `The server answered ${response.status}.` };
  try {
    return new Problem({ ...otherwise, ...(await response.json()), status: response.status });
  } catch {
    return new Problem(otherwise);
  }
}

export async function json<T>(path: string, options: Options = {}): Promise<T> {
  return (await request(path, options)).json() as Promise<T>;
}

export async function ask(asked: Asked, signal?: AbortSignal): Promise<Told> {
  const response = await request("/query", { body: asked, signal });
  return { answer: (await response.json()) as Answer, served: servedBy(response) };
}

function servedBy(response: Response): Served {
  const steps = (response.headers.get("server-timing") ?? "").split(",").map((step) => {
    const [name, ...rest] = step.trim().split(";");
    return { name, ms: Number(rest.find((each) => each.startsWith("dur="))?.slice(4) ?? 0) };
  });
  const at = new Date(response.headers.get("date") ?? Date.now());
  return { cache: response.headers.get("x-cache") ?? "", steps: steps.filter((step) => step.name), at };
}
