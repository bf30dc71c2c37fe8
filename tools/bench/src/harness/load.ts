import { connect, type Socket } from "node:net";
import { createHistogram } from "node:perf_hooks";
import { type Answer, readAnswer } from "./answer.ts";
import type { PlannedRequest } from "./benchmark.ts";
import { bytesOf } from "./request-bytes.ts";

/** How load is made. */
export interface LoadOptions {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** What is asked; connections begin at different ones and go round. */
  readonly requests: readonly PlannedRequest[];
  /** How many connections are used at once, each for one request after another. */
  readonly connections: number;
  /** How many requests are sent at most on each connection. Default: no limit. */
  readonly limit?: number;
  /** Ends it. What runs then is waited for. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface LoadResult {
  /** How many requests were answered, or failed. */
  readonly requests: number;
  /** How many got no answer: the connection could not be made, or ended. */
  readonly failed: number;
  /** How many got another answer than the right one. */
  readonly wrong: number;
  /** The first few that failed or were wrong, in words. */
  readonly faults: readonly string[];
  /** How long it took. */
  readonly seconds: number;
  /** Half of the requests took at most this long, in milliseconds. */
  readonly p50: number;
  /** 99 of 100 took at most this long, in milliseconds. */
  readonly p99: number;
  /** The longest, in milliseconds. */
  readonly max: number;
}

const keptFaults = 5;

/**
 * Asks as fast as the answers come. Written on plain sockets, because it shares the machine with the server that is measured:
 * it has to cost less than the server does.
 */
export async function makeLoad(options: LoadOptions): Promise<LoadResult> {
  const { port, requests, connections, limit = Number.POSITIVE_INFINITY, signal } = options;
  const latency = createHistogram();
  const faults: string[] = [];
  const counts = { requests: 0, failed: 0, wrong: 0 };
  const plans = requests.map(planOf);
  const started = performance.now();

  const finish = (plan: Plan, since: number, answer: Answer | Error): void => {
    latency.record(Math.max(1, Math.round((performance.now() - since) * 1000)));
    counts.requests++;
    const fault = faultOf(plan, answer);
    if (fault === undefined) return;
    counts[answer instanceof Error ? "failed" : "wrong"]++;
    if (faults.length < keptFaults) faults.push(fault);
  };

  await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      run({ port, plans, first: index, last: index + limit, signal, finish }),
    ),
  );
  return {
    ...counts,
    faults,
    seconds: (performance.now() - started) / 1000,
    p50: latency.percentile(50) / 1000,
    p99: latency.percentile(99) / 1000,
    max: counts.requests === 0 ? 0 : latency.max / 1000,
  };
}

interface Plan {
  readonly label: string;
  readonly bytes: Buffer;
  readonly status: number;
  readonly body: Buffer;
}

interface Lane {
  readonly port: number;
  readonly plans: readonly Plan[];
  readonly first: number;
  readonly last: number;
  readonly signal: AbortSignal;
  readonly finish: (plan: Plan, since: number, answer: Answer | Error) => void;
}

/** One connection; where it ends, another one takes its place. */
async function run(lane: Lane): Promise<void> {
  let turn = lane.first;
  while (!lane.signal.aborted && turn < lane.last) turn = await runSocket(lane, turn);
}

/** Resolves with the next turn when the connection has ended. */
function runSocket({ port, plans, last, signal, finish }: Lane, first: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let turn = first;
  let plan = plans[turn % plans.length];
  let since = 0;
  let pending: Buffer | undefined;
  let failure = new Error("the connection ended");

  const ask = (): void => {
    plan = plans[turn % plans.length];
    if (signal.aborted || turn >= last || plan === undefined) {
      plan = undefined;
      socket.end();
      return;
    }
    turn++;
    since = performance.now();
    socket.write(plan.bytes);
  };

  socket.on("connect", ask);
  socket.on("data", (chunk) => {
    const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    const answer = readAnswer(bytes);
    pending = answer === undefined ? bytes : undefined;
    if (answer === undefined || plan === undefined) return;
    finish(plan, since, answer);
    plan = undefined;
    if (answer.closes) socket.end();
    else ask();
  });
  socket.on("error", (error) => {
    failure = error;
  });
  socket.on("close", () => {
    if (plan !== undefined) finish(plan, since || performance.now(), failure);
    resolve(turn);
  });
  return promise;
}

function faultOf({ label, status, body }: Plan, answer: Answer | Error): string | undefined {
  if (answer instanceof Error) return `${label}: ${answer.message}`;
  if (answer.status === status && body.equals(answer.body)) return undefined;
  return `${label}: ${answer.status} ${answer.body.toString("utf8", 0, 200)}`;
}

function planOf(request: PlannedRequest): Plan {
  const { method, path, expected } = request;
  return {
    label: `${method} ${path}`,
    bytes: bytesOf(request),
    status: expected.status,
    body: Buffer.from(expected.body),
  };
}
