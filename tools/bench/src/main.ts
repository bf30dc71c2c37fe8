import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { graphqlBenchmark } from "./graphql/benchmark.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import type { Figure } from "./harness/figure.ts";
import { figureResults, figureTable } from "./harness/figure-table.ts";
import { resultsOf, runBenchmark } from "./harness/run.ts";
import { tableOf } from "./harness/table.ts";
import { runNotice } from "./notice/benchmark.ts";
import { runRegistry } from "./registry/benchmark.ts";
import { restBenchmark } from "./rest/benchmark.ts";

const benchmarks: readonly Benchmark[] = [restBenchmark, graphqlBenchmark];

const usage = `usage: bench ${[...benchmarks.map(({ name }) => name), "registry", "notice"].join("|")} [options]
  --json FILE      write [{ "work", "who", "value", "unit", "ratio" }], the ratio being ours to theirs, or the aim to ours
  --only WORK      one work alone
  --rounds N       how often each has its turn (5; of registry and notice 1)
rest and graphql:
  --seconds S      how long a turn lasts (5)
  --connections N  connections at once (32)
registry and notice:
  --changes N      how many changes are measured (200)
  --base N         registry: how many services master has where there are branches (1000)`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "32" },
    changes: { type: "string", default: "200" },
    base: { type: "string", default: "1000" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [name] = positionals;
const progress = (line: string): void => console.error(line);
const benchmark = benchmarks.find((each) => each.name === name);

if (values.help) console.log(usage);
else if (benchmark !== undefined) await compare(benchmark);
else if (name === "registry")
  await tell(
    await runRegistry({
      only: values.only,
      changes: positive(values.changes),
      rounds: positive(values.rounds ?? "1"),
      base: positive(values.base),
      progress,
    }),
  );
else if (name === "notice")
  await tell(
    await runNotice({
      only: values.only,
      changes: positive(values.changes),
      rounds: positive(values.rounds ?? "1"),
      progress,
    }),
  );
else {
  console.error(usage);
  process.exitCode = 1;
}

async function compare(compared: Benchmark): Promise<void> {
  const ours = compared.contenders[0]?.who ?? "";
  const measured = await runBenchmark(compared, {
    rounds: positive(values.rounds ?? "5"),
    seconds: positive(values.seconds),
    connections: positive(values.connections),
    only: values.only,
    progress,
  });
  console.log(`\n${tableOf(measured, ours)}`);
  await write(resultsOf(measured, ours));
}

async function tell(figures: readonly Figure[]): Promise<void> {
  console.log(`\n${figureTable(figures)}`);
  await write(figureResults(figures));
}

async function write(results: readonly object[]): Promise<void> {
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new RangeError(`Expected a number above 0, found ${text}.`);
}
