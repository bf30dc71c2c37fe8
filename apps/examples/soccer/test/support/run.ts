import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import { type Person, type Soccer, type Speaker, startSoccer } from "../../src/index.ts";
import { freePort } from "../../src/run/ports.ts";

/** A line that somebody printed. */
export interface Line {
  readonly speaker: Speaker;
  readonly text: string;
}

/** The example, with what it prints and what it answers. */
export interface Run {
  readonly soccer: Soccer;
  readonly lines: Recorder<Line>;
  ask(method: string, path: string, how?: Asking): Promise<Answer>;
}

/** How something is asked. */
export interface Asking {
  readonly as?: Person;
  readonly body?: unknown;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string | null;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly body: unknown;
}

/** Starts the example for real: processes, TCP, free ports. Routes of a lost service go after one second; the matches stand still. */
export async function startRun(): Promise<Run> {
  const lines = recorder<Line>("line");
  const soccer = await startSoccer({
    port: await freePort(),
    lostSeconds: 1,
    minuteMs: 0,
    functionMs: 2_000,
    write: (speaker, text) => lines.push({ speaker, text }),
  });
  return { soccer, lines, ask: (method, path, how) => ask(soccer, method, path, how) };
}

async function ask(soccer: Soccer, method: string, path: string, how: Asking = {}): Promise<Answer> {
  const { as, body } = how;
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
  return { status: response.status, headers: response.headers, type, text, body: parsed(text) };
}

/** Asks GraphQL. */
export function graphqlOf(run: Run, query: string, as?: Person): Promise<Answer> {
  return run.ask("POST", "/graphql", { body: { query }, ...(as !== undefined && { as }) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The version that is served now. */
export function latest({ soccer }: Run): string {
  const [master] = soccer.gateway.registry.branches();
  return master?.latestVersion ?? "";
}

/** Resolves with the version's name when one is served from now on that fits. */
export function mounted({ soccer }: Run, fits: (routes: readonly string[]) => boolean): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const end = soccer.gateway.registry.onSwap(({ version }) => {
    if (!fits(version.endpoints.map(({ label }) => label))) return;
    end();
    resolve(version.name);
  });
  return promise;
}
