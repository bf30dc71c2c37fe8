import { join } from "node:path";
import { type Figure, mediansOf } from "../harness/figures.ts";
import { runProgram } from "../harness/program.ts";
import type { Job, Measurement } from "./job.ts";

/** Options of `runRegistry`: size, changes and rounds. */
export interface RegistryOptions {
  /** Runs only this work. Default: all works. */
  readonly only?: string | undefined;
  readonly changes: number;
  /** The number of measurements per work, each with new processes. */
  readonly rounds: number;
  /** The number of services of master in `branches-N`. */
  readonly base: number;
  readonly progress: (line: string) => void;
}

/** A work: a number of services, or a number of branches. */
type RegistryWork = { readonly name: string } & (
  | { readonly services: number }
  | { readonly branches: number }
);

/** The works that run by default. */
export const registryWorks: readonly string[] = ["n-10", "n-100", "n-1000", "branches-1000"];

const program = join(import.meta.dirname, "program.ts");
const ours = "tidegate";
const withoutTypes = "tidegate, routes alone";
/** The memory of a version is the difference between two runs that keep this many versions. */
const kept = { few: 10, many: 60 };
/** Creates more versions than are kept. */
const changesForVersions = kept.many + 10;

/** The targets for a change, by the largest number of services. */
const changeTargets = [
  { services: 10, ms: 20 },
  { services: 100, ms: 50 },
  { services: 1_000, ms: 150 },
];
const stepTargetsMs = { graphql: 40, routes: 5 };
const versionTargetKb = 100;
const branchesTargetMb = 1_000;

/**
 * Measures the registry over the broker in memory, each work in its own processes. The name of a work
 * contains its size: `n-30` and `branches-20` are works too.
 * @throws if `only` is not a work, or a response is not the expected one
 */
export async function runRegistry(options: RegistryOptions): Promise<Figure[]> {
  const works = (options.only === undefined ? registryWorks : [options.only]).map(workOf);
  const rounds: Figure[][] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const work of works) {
      options.progress(`${work.name}, round ${round} of ${options.rounds}`);
      rounds.push(
        "services" in work ? await servicesRound(work, options) : await branchesRound(work, options),
      );
    }
  }
  return mediansOf(rounds);
}

function workOf(name: string): RegistryWork {
  const [, kind, digits] = /^(n|branches)-([1-9]\d*)$/.exec(name) ?? [];
  if (kind === undefined) throw new Error(`Unknown work: ${name}. Known works: ${registryWorks.join(", ")}.`);
  const size = Number(digits);
  return kind === "n" ? { name, services: size } : { name, branches: size };
}

async function servicesRound(
  { name, services }: { readonly name: string; readonly services: number },
  { changes }: RegistryOptions,
): Promise<Figure[]> {
  const target = changeTargets.find((each) => services <= each.services)?.ms;
  const figures: Figure[] = [];
  for (const graphql of [true, false]) {
    const who = graphql ? ours : withoutTypes;
    const targets = new Map([
      ["change p99", target],
      ["longest step", graphql ? stepTargetsMs.graphql : stepTargetsMs.routes],
      ["longest step without garbage collection", graphql ? stepTargetsMs.graphql : stepTargetsMs.routes],
    ]);
    const measured = await measure({ kind: "changes", services, graphql, changes });
    figures.push(...measured.map((each) => figureOf(name, who, each, targets.get(each.what))));
  }
  const few = await heapWith(services, kept.few);
  const many = await heapWith(services, kept.many);
  const value = (many - few) / (kept.many - kept.few);
  return [
    ...figures,
    figureOf(name, ours, { what: "a version that is kept", value, unit: "KB" }, versionTargetKb),
  ];
}

async function heapWith(services: number, maxVersions: number): Promise<number> {
  const [heap] = await measure({
    kind: "versions",
    services,
    graphql: true,
    maxVersions,
    changes: changesForVersions,
  });
  return heap?.value ?? Number.NaN;
}

async function branchesRound(
  { name, branches }: { readonly name: string; readonly branches: number },
  { base, changes }: RegistryOptions,
): Promise<Figure[]> {
  const measured = await measure({ kind: "branches", services: base, graphql: true, branches, changes });
  const targets = new Map([
    ["change of master p99", changeTargets.find((each) => base <= each.services)?.ms],
    ["resident memory", branchesTargetMb],
  ]);
  return measured.map((each) => figureOf(`${name} of ${base}`, ours, each, targets.get(each.what)));
}

function measure(job: Job): Promise<Measurement[]> {
  return runProgram<Measurement[]>(program, job);
}

function figureOf(work: string, who: string, measurement: Measurement, target: number | undefined): Figure {
  return { work, who, ...measurement, ...(target !== undefined && { target }) };
}
