import { join } from "node:path";
import type { Figure } from "../harness/figure.ts";
import { mediansOf } from "../harness/figure-table.ts";
import { runProgram } from "../harness/run-program.ts";
import type { Job, Measurement } from "./job.ts";

/** How large and how often. */
export interface RegistryOptions {
  /** The only work to do. Default: every one. */
  readonly only?: string | undefined;
  /** How many changes are measured. */
  readonly changes: number;
  /** How often each work is done, by new processes. */
  readonly rounds: number;
  /** How many services master has in `branches-N`. */
  readonly base: number;
  /** Takes what a person wants to know while it runs. */
  readonly progress: (line: string) => void;
}

/** A work: so many services, or so many branches. */
type RegistryWork = { readonly name: string } & (
  | { readonly services: number }
  | { readonly branches: number }
);

/** The works that there are. */
export const registryWorks: readonly string[] = ["n-10", "n-100", "n-1000", "branches-1000"];

const program = join(import.meta.dirname, "program.ts");
const ours = "tidegate";
const routesAlone = "tidegate, routes alone";
/** Versions are kept in these numbers, and the difference is divided. */
const kept = { few: 10, many: 60 };
/** Enough changes for all of them. */
const changesForVersions = kept.many + 10;

/** Milliseconds for a change at 10, 100 and 1,000 services; what is between belongs to the larger one. */
const changeAims = [
  { services: 10, ms: 20 },
  { services: 100, ms: 50 },
  { services: 1_000, ms: 150 },
];
const stepAims = { graphql: 40, routes: 5 };
const versionAim = 100;
const branchesAim = 1_000;

/**
 * The registry over a distributed system in memory, each work in processes of its own. A name tells a work's size: `n-30` and
 * `branches-20` are works too.
 * @throws where the work is none, or an answer is not the right one
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
  if (kind === undefined)
    throw new Error(`There is no work ${name}; there are: ${registryWorks.join(", ")}.`);
  const size = Number(digits);
  return kind === "n" ? { name, services: size } : { name, branches: size };
}

async function servicesRound(
  { name, services }: { readonly name: string; readonly services: number },
  { changes }: RegistryOptions,
): Promise<Figure[]> {
  const aim = changeAims.find((each) => services <= each.services)?.ms;
  const figures: Figure[] = [];
  for (const graphql of [true, false]) {
    const who = graphql ? ours : routesAlone;
    const aims = new Map([
      ["change p99", aim],
      ["longest step", graphql ? stepAims.graphql : stepAims.routes],
      ["longest step without garbage collection", graphql ? stepAims.graphql : stepAims.routes],
    ]);
    const measured = await measure({ kind: "changes", services, graphql, changes });
    figures.push(...measured.map((each) => figureOf(name, who, each, aims.get(each.what))));
  }
  const few = await heapWith(services, kept.few);
  const many = await heapWith(services, kept.many);
  const value = (many - few) / (kept.many - kept.few);
  return [
    ...figures,
    figureOf(name, ours, { what: "a version that is kept", value, unit: "KB" }, versionAim),
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
  const aims = new Map([
    ["change of master p99", changeAims.find((each) => base <= each.services)?.ms],
    ["resident memory", branchesAim],
  ]);
  return measured.map((each) => figureOf(`${name} of ${base}`, ours, each, aims.get(each.what)));
}

function measure(job: Job): Promise<Measurement[]> {
  return runProgram<Measurement[]>(program, job);
}

function figureOf(work: string, who: string, measurement: Measurement, aim: number | undefined): Figure {
  return { work, who, ...measurement, ...(aim !== undefined && { aim }) };
}
