import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import { type LineSource, type Person, type Soccer, startSoccer } from "../../src/index.ts";
import { freePort } from "../../src/run/loopback.ts";

/** A line of output. */
export interface Line {
  readonly source: LineSource;
  readonly text: string;
}

/** The running demo, with its output. */
export interface Run {
  readonly soccer: Soccer;
  readonly lines: Recorder<Line>;
  /** Sends a request to the gateway. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
}

/** Options of a request. */
export interface AskOptions {
  readonly as?: Person;
  readonly body?: unknown;
}

/** The response. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string | null;
  readonly text: string;
  /** The parsed body; undefined if it is not JSON. */
  readonly body: unknown;
}

/**
 * Starts the demo on free ports. Routes of a lost service are removed after one second; the match clock is
 * stopped.
 */
export async function startRun(): Promise<Run> {
  const lines = recorder<Line>("line");
  const soccer = await startSoccer({
    port: await freePort(),
    lostSeconds: 1,
    minuteMs: 0,
    functionMs: 2_000,
    write: (source, text) => lines.push({ source, text }),
  });
  return { soccer, lines, ask: (method, path, options) => ask(soccer, method, path, options) };
}

async function ask(soccer: Soccer, method: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const { as, body } = options;
  const response = await fetch(soccer.url + path, {
    method,
    headers: {
      ...(as !== undefined && { authorization: `Bearer ${soccer.tokens[as]}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type");
  return { status: response.status, headers: response.headers, type, text, body: parseJson(text) };
}

/** Sends a GraphQL operation. */
export function sendGraphql(run: Run, query: string, as?: Person): Promise<Answer> {
  return run.ask("POST", "/graphql", { body: { query }, ...(as !== undefined && { as }) });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The latest version of master. */
export function latestVersion({ soccer }: Run): string {
  const [master] = soccer.gateway.registry.branches();
  return master?.latestVersion ?? "";
}

/** Resolves with the name of the next version whose endpoints match. */
export function nextVersion(
  { soccer }: Run,
  matches: (routes: readonly string[]) => boolean,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const unsubscribe = soccer.gateway.registry.onSwap(({ version }) => {
    if (!matches(version.endpoints.map(({ label }) => label))) return;
    unsubscribe();
    resolve(version.name);
  });
  return promise;
}
