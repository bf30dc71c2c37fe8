import { setTimeout } from "node:timers/promises";

/** A request whose response shows whether a change is served. */
export interface Probe {
  readonly path: string;
  /** The operation of a GraphQL request. If absent, the request is a GET. */
  readonly query?: string;
  /** What the answer has to be. */
  readonly expected: ProbeAnswer;
}

/** The expected parts of a response. Absent members are not compared. */
export interface ProbeAnswer {
  readonly status?: number;
  readonly body?: string;
  readonly contains?: string;
}

/** The pause between two attempts of a probe. */
const pauseMs = 5;

/** A probe that sends a GET request. */
export function routeProbe(path: string, expected: ProbeAnswer): Probe {
  return { path, expected };
}

/** A probe that sends a GraphQL query. */
export function operationProbe(query: string, expected: ProbeAnswer): Probe {
  return { path: "/graphql", query, expected };
}

/** Sends a probe. Returns what is wrong with the response, or undefined if it is right. */
export async function probeFailure(
  port: number,
  { path, query, expected }: Probe,
): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...(query !== undefined && { method: "POST", body: JSON.stringify({ query }) }),
    headers: { "content-type": "application/json", accept: "application/json" },
  });
  const body = await response.text();
  const { status = response.status, body: expectedBody = body, contains = "" } = expected;
  if (response.status === status && body === expectedBody && body.includes(contains)) return undefined;
  return `${query ?? path}: ${response.status} ${body.slice(0, 200)}`;
}

/**
 * Repeats the probes until every response is right.
 * @throws after the timeout, with the wrong response
 */
export async function waitForProbes(port: number, probes: readonly Probe[], seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  for (const probe of probes) {
    for (;;) {
      const failure = await probeFailure(port, probe);
      if (failure === undefined) break;
      if (performance.now() > until) throw new Error(`Not served within ${seconds} s. ${failure}`);
      await setTimeout(pauseMs);
    }
  }
}
