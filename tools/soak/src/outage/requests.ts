import { get, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

/** The requests that run during an outage, by what they ask for. */
export const kinds = [
  "REST call",
  "REST map",
  "GraphQL call",
  "GraphQL map",
  "liveness",
  "readiness",
] as const;

/** One of `kinds`: the name of a request in the figures. */
export type RequestKind = (typeof kinds)[number];

/** The answers by phase, kind and result, such as `200` or `503 retry-after`. */
export type AnswerCounts = Record<string, Record<RequestKind, Record<string, number>>>;

/** Requests of every kind that are sent in turns, also while answers are missing. */
export interface Requests {
  readonly answers: AnswerCounts;
  /** Counts the requests that are sent from now on in this phase. */
  begin(phase: string): void;
  /** Resolves when a REST and a GraphQL call succeed, with the milliseconds since it was called. */
  untilCallsSucceed(): Promise<number>;
  stop(): Promise<void>;
}

/** Milliseconds between two requests of one kind. */
const intervalMs = 100;

const queries = { "GraphQL call": "{ work { ok } }", "GraphQL map": "{ workMap { ok } }" };
const paths = {
  "REST call": "/work/call",
  "REST map": "/work/map",
  liveness: "/~health/liveness",
  readiness: "/~health/readiness",
};

/** Starts to send requests of every kind to a gateway. */
export function sendRequests(port: number): Requests {
  const answers: AnswerCounts = {};
  const running = new Set<Promise<void>>();
  const succeeded = new Map<RequestKind, number>();
  let current = emptyCounts();
  const sendOne = async (kind: RequestKind, counts: AnswerCounts[string]): Promise<void> => {
    const result = await answerOf(kind, port);
    counts[kind][result] = (counts[kind][result] ?? 0) + 1;
    if (result === "200") succeeded.set(kind, performance.now());
  };
  const timer = setInterval(() => {
    for (const kind of kinds) {
      const one = sendOne(kind, current).finally(() => running.delete(one));
      running.add(one);
    }
  }, intervalMs);
  return {
    answers,
    begin: (phase) => {
      current = emptyCounts();
      answers[phase] = current;
    },
    untilCallsSucceed: async () => {
      const since = performance.now();
      const isBack = (): boolean =>
        (["REST call", "GraphQL call"] as const).every((kind) => (succeeded.get(kind) ?? 0) > since);
      while (!isBack()) await new Promise((resolve) => setTimeout(resolve, intervalMs / 4));
      return performance.now() - since;
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

function emptyCounts(): AnswerCounts[string] {
  return {
    "REST call": {},
    "REST map": {},
    "GraphQL call": {},
    "GraphQL map": {},
    liveness: {},
    readiness: {},
  };
}

async function answerOf(kind: RequestKind, port: number): Promise<string> {
  try {
    if (kind === "GraphQL call" || kind === "GraphQL map") return await graphqlAnswer(queries[kind], port);
    const response = await ask({ port, path: paths[kind] });
    const retryAfter = response.headers["retry-after"] === undefined ? "" : " retry-after";
    response.resume();
    return `${response.statusCode}${retryAfter}`;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

async function graphqlAnswer(query: string, port: number): Promise<string> {
  const response = await ask({ port, path: "/graphql" }, JSON.stringify({ query }));
  const { errors } = JSON.parse(await text(response));
  return errors === undefined ? `${response.statusCode}` : `${errors[0].extensions?.code}`;
}

function ask(
  target: { readonly port: number; readonly path: string },
  body?: string,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = { host: "127.0.0.1", ...target };
  if (body === undefined) get(options, resolve).on("error", reject);
  else {
    const headers = { "content-type": "application/json" };
    request({ ...options, method: "POST", headers }, resolve)
      .on("error", reject)
      .end(body);
  }
  return promise;
}
