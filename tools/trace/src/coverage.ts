import { readFileSync } from "node:fs";
import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunningSystem, TracedEvent } from "./event.ts";

/** A function that an event ran. */
export interface TracedFunction {
  /** Its name; `FILE:LINE` where it has none, `(module)` for the top level of a file. */
  readonly name: string;
  /** Whether the source or V8 gives it a name. */
  readonly hasName: boolean;
  /** The line of its first character, from 1. */
  readonly line: number;
}

/** A file whose functions an event ran. */
export interface TracedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  /** In the order of their positions. */
  readonly functions: readonly TracedFunction[];
}

/** A script's function as V8 identifies it. */
interface Position {
  readonly url: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** V8 makes these functions for the fields of a class: they are part of its constructor. */
const initialisers: ReadonlySet<string> = new Set(["<instance_members_initializer>", "<static_initializer>"]);

const measuredRuns = 15;
const root = join(import.meta.dirname, "../../..");
/** Sources that users run: the testkit, the examples and the tools are not among them. */
const traced = /^(packages\/(?!plugin-testkit\/)[^/]+|apps\/gateway)\/src\//;

/**
 * Runs an event 15 times after its warm-up, and resolves with the files and functions of the packages and of
 * `apps/gateway` that ran in the majority of the runs: timers that fire during a few runs are left out.
 */
export async function traceEvent({ start, warmUps }: TracedEvent): Promise<readonly TracedFile[]> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const system = await start();
  try {
    for (let warmUp = 0; warmUp < warmUps; warmUp++) {
      await system.prepare?.();
      await system.run();
    }
    const runs: Position[][] = [];
    while (runs.length < measuredRuns) runs.push(await measure(session, system));
    return filesOf(majority(runs));
  } finally {
    session.disconnect();
    await system.stop();
  }
}

async function measure(session: Session, system: RunningSystem): Promise<Position[]> {
  await system.prepare?.();
  // Taking the coverage sets all counts to zero.
  await session.post("Profiler.takePreciseCoverage");
  await system.run();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  return result.flatMap(calledFunctions);
}

function calledFunctions({ url, functions }: Profiler.ScriptCoverage): Position[] {
  if (!url.startsWith("file:") || !traced.test(pathOf(url))) return [];
  return functions.flatMap(({ functionName: name, ranges: [range] }) =>
    range !== undefined && range.count > 0 && !initialisers.has(name)
      ? [{ url, name, start: range.startOffset, end: range.endOffset }]
      : [],
  );
}

function majority(runs: readonly Position[][]): Position[] {
  const counted = new Map<string, { readonly position: Position; runs: number }>();
  for (const position of runs.flat()) {
    const key = `${position.url} ${position.start} ${position.end}`;
    const entry = counted.get(key) ?? { position, runs: 0 };
    entry.runs++;
    counted.set(key, entry);
  }
  return [...counted.values()]
    .filter((entry) => entry.runs > runs.length / 2)
    .map(({ position }) => position);
}

function filesOf(positions: readonly Position[]): TracedFile[] {
  const byUrl = Map.groupBy(positions, ({ url }) => url);
  return [...byUrl]
    .map(([url, ofFile]) => ({ path: pathOf(url), functions: functionsOf(fileURLToPath(url), ofFile) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Type stripping keeps positions, so an offset into the script is an offset into the TypeScript file. */
function functionsOf(file: string, positions: readonly Position[]): TracedFunction[] {
  const text = readFileSync(file, "utf8");
  return positions
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
    .map(({ name, start, end }) => {
      const line = text.slice(0, start).split("\n").length;
      const isModule = name === "" && start === 0 && end >= text.trimEnd().length;
      const label = isModule ? "(module)" : name || `${basename(file)}:${line}`;
      return { name: label, hasName: name !== "", line };
    });
}

function pathOf(url: string): string {
  return relative(root, fileURLToPath(url)).replaceAll("\\", "/");
}
