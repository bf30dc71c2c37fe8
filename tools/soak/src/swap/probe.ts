import { setTimeout } from "node:timers/promises";

/** A request whose answer shows whether a change is served. */
export interface Probe {
  /** Its path. */
  readonly path: string;
  /** The operation of a GraphQL request. Absent: a GET. */
  readonly query?: string;
  /** What the answer has to be. */
  readonly expected: ProbeAnswer;
}

/** What is asked of an answer; what is absent may be anything. */
export interface ProbeAnswer {
  /** HTTP status. */
  readonly status?: number;
  /** The body. */
  readonly body?: string;
  /** Text in the body. */
  readonly holds?: string;
}

/** Milliseconds between two tries. */
const pauseMs = 5;

/** A GET. */
export function routeProbe(path: string, expected: ProbeAnswer): Probe {
  return { path, expected };
}

/** A GraphQL query. */
export function operationProbe(query: string, expected: ProbeAnswer): Probe {
  return { path: "/graphql", query, expected };
}

/** Asks, and says what is wrong with the answer; undefined where it is right. */
export async function probeFault(
  port: number,
  { path, query, expected }: Probe,
): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...(query !== undefined && { method: "POST", body: JSON.stringify({ query }) }),
    headers: { "content-type": "application/json", accept: "application/json" },
  });
  const body = await response.text();
  const { status = response.status, body: whole = body, holds = "" } = expected;
  if (response.status === status && body === whole && body.includes(holds)) return undefined;
  return `${query ?? path}: ${response.status} ${body.slice(0, 200)}`;
}

/**
 * Asks all of them again and again until every answer is right.
 * @throws after `seconds`, with what was wrong
 */
export async function probesPass(port: number, probes: readonly Probe[], seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  for (const probe of probes) {
    for (;;) {
      const fault = await probeFault(port, probe);
      if (fault === undefined) break;
      if (performance.now() > until) throw new Error(`Not served within ${seconds} s. ${fault}`);
      await setTimeout(pauseMs);
    }
  }
}
