import { connect, type Socket } from "node:net";
import { createHistogram } from "node:perf_hooks";
import type { PlannedRequest } from "./benchmark.ts";
import { type Answer, bytesOf, readAnswer } from "./http.ts";

/** Options of `makeLoad`: the server, the requests and the limits. */
export interface LoadOptions {
  readonly port: number;
  /** The requests, which are sent in turn. Each connection begins with another one. */
  readonly requests: readonly PlannedRequest[];
  /** The number of connections. Each has one request at a time. */
  readonly connections: number;
  /** The maximum number of requests per connection. Default: no limit. */
  readonly limit?: number;
  /** Stops the load. Running requests are completed first. */
  readonly signal: AbortSignal;
}

/** The counts and latencies of a load. */
export interface LoadResult {
  /** The number of all requests, including failed ones. */
  readonly requests: number;
  /** Requests without a response: the connection failed or ended. */
  readonly failed: number;
  readonly wrong: number;
  /** Descriptions of the first failed or wrong requests. */
  readonly faults: readonly string[];
  readonly seconds: number;
  readonly p50: number;
  /** The 99th percentile of the latency in milliseconds. */
  readonly p99: number;
  readonly max: number;
}

const maxFaults = 5;

/**
 * Sends requests as fast as the server answers. It uses plain sockets, because it shares the machine with the
 * measured server and must use less CPU time than the server.
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
    const fault = describeFault(plan, answer);
    if (fault === undefined) return;
    counts[answer instanceof Error ? "failed" : "wrong"]++;
    if (faults.length < maxFaults) faults.push(fault);
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

interface Connection {
  readonly port: number;
  readonly plans: readonly Plan[];
  readonly first: number;
  readonly last: number;
  readonly signal: AbortSignal;
  readonly finish: (plan: Plan, since: number, answer: Answer | Error) => void;
}

/** Runs one connection. If it ends, opens another one. */
async function run(connection: Connection): Promise<void> {
  let turn = connection.first;
  while (!connection.signal.aborted && turn < connection.last) turn = await runSocket(connection, turn);
}

/** Resolves with the number of the next request when the connection has ended. */
function runSocket({ port, plans, last, signal, finish }: Connection, first: number): Promise<number> {
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

function describeFault({ label, status, body }: Plan, answer: Answer | Error): string | undefined {
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
