import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type LoadResult, makeLoad, type PlannedRequest } from "@tidegate/bench";
import { freePort } from "@tidegate/example-soccer";
import { type Part, startPart } from "../part.ts";
import type { SwapCluster } from "./cluster.ts";
import type { GatewayMessage } from "./gateway.ts";

/** How long and how hard. */
export interface SwapOptions {
  /** How often the fragment changes. */
  readonly changes: number;
  /** How long requests are measured before anything changes. */
  readonly quietSeconds: number;
  /** Connections that ask at once. */
  readonly connections: number;
  /** Takes the number of each change that has been seen. */
  readonly progress?: (change: number) => void;
}

/** What came of it. */
export interface SwapResult {
  /** How often the fragment changed. */
  readonly changes: number;
  /** How many of the changes were served, as asked of the gateway by HTTP. */
  readonly seen: number;
  /** Milliseconds from a change's beginning, its node's start included, until it was served: the median. */
  readonly changeMs: number;
  /** Requests to the other service before anything changed. */
  readonly quiet: LoadResult;
  /** Requests to the other service while the fragment changed. */
  readonly changing: LoadResult;
}

/** What is asked of the service that does not change: remote calls, a body, and a function. */
const requests: readonly PlannedRequest[] = [
  ...[1, 2, 3].map((id) => ({
    method: "GET",
    path: `/steady/${id}`,
    expected: { status: 200, body: JSON.stringify({ id, steady: true }) },
  })),
  {
    method: "POST",
    path: "/steady",
    headers: { "content-type": "application/json" },
    body: '{"id":4}',
    expected: { status: 200, body: '{"id":4,"steady":true}' },
  },
  { method: "GET", path: "/steady/ab/twice", expected: { status: 200, body: '{"twice":"abab"}' } },
];

/**
 * Changes one service's fragment again and again, each time as a deployment does (a new node joins, the old one leaves), over
 * Moleculer's TCP, while another service is asked as fast as it answers. Gateway, services and client are processes of their own.
 * @throws where a process ends early, or a change is not served within 20 seconds
 */
export async function runSwap(options: SwapOptions): Promise<SwapResult> {
  const { changes, quietSeconds, connections, progress } = options;
  const cluster = await makeCluster();
  const gateway = startPart<GatewayMessage>(program("gateway"), [JSON.stringify(cluster)]);
  const parts: Part<unknown>[] = [gateway];
  try {
    const { port = 0 } = await gateway.next("the gateway's start", (message) => message.port !== undefined);
    const steady = served(gateway, "GET /steady/:id");
    parts.push(startPart(program("steady"), [JSON.stringify(cluster)]));
    await steady;
    const changing = startPart(program("changing"), [JSON.stringify(cluster)]);
    parts.push(changing);

    const load = (signal: AbortSignal): Promise<LoadResult> =>
      makeLoad({ port, requests, connections, signal });
    // What is measured first would otherwise pay for compiling.
    await load(AbortSignal.timeout(Math.min(2, quietSeconds) * 1000));
    const quiet = await load(AbortSignal.timeout(quietSeconds * 1000));
    const ending = new AbortController();
    const loaded = load(ending.signal);
    const took: number[] = [];
    let seen = 0;
    try {
      for (let change = 1; change <= changes; change++) {
        const started = performance.now();
        const mounted = served(gateway, `GET /changing/${change}`);
        changing.send({ change });
        await mounted;
        took.push(performance.now() - started);
        if (await answers(port, change)) seen++;
        progress?.(change);
      }
    } finally {
      ending.abort();
    }
    return { changes, seen, changeMs: middle(took), quiet, changing: await loaded };
  } finally {
    for (const part of parts.reverse()) await part.stop();
  }
}

/** Whether nothing failed, nothing was wrong, and every change was seen. */
export function passed({ changes, seen, quiet, changing }: SwapResult): boolean {
  return seen === changes && quiet.failed + quiet.wrong + changing.failed + changing.wrong === 0;
}

function served(gateway: Part<GatewayMessage>, route: string): Promise<GatewayMessage> {
  return gateway.next(`${route} is served`, ({ routes }) => routes?.includes(route) ?? false);
}

/** Whether the gateway answers as this change does. */
async function answers(port: number, change: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/changing`);
  return (await response.text()) === JSON.stringify({ change });
}

async function makeCluster(): Promise<SwapCluster> {
  const name = randomBytes(4).toString("hex");
  return { namespace: `soak-${name}`, gatewayId: `gateway-${name}`, gatewayPort: await freePort() };
}

function program(name: string): string {
  return join(import.meta.dirname, `${name}.ts`);
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
