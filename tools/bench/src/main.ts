import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runAnnouncement } from "./announcement/benchmark.ts";
import { graphqlBenchmark } from "./graphql/benchmark.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { type Figure, figureResults, figureTable } from "./harness/figures.ts";
import { resultsOf, runBenchmark } from "./harness/run.ts";
import { tableOf } from "./harness/table.ts";
import { runLarge } from "./large/benchmark.ts";
import { runRegistry } from "./registry/benchmark.ts";
import { restBenchmark } from "./rest/benchmark.ts";

const benchmarks: readonly Benchmark[] = [restBenchmark, graphqlBenchmark];

const usage = `usage: bench ${[...benchmarks.map(({ name }) => name), "registry", "notice", "large"].join("|")} [options]
  --json FILE      write the results as JSON: [{ "work", "who", "value", "unit", "ratio" }]
  --only WORK      run only this work
  --rounds N       the number of measurements (default 5; registry, notice and large: 1)
rest and graphql:
  --seconds S      the duration of a measurement (default 5)
  --connections N  the number of connections (default 32)
registry and notice:
  --changes N      the number of measured changes (default 200)
  --base N         registry: the number of services of master in branches-N (default 1000)
large:
  --requests N     the number of requests for each body and answer (default 10)`;

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
    requests: { type: "string", default: "10" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [name] = positionals;
const progress = (line: string): void => console.error(line);
const benchmark = benchmarks.find((candidate) => candidate.name === name);

if (values.help) console.log(usage);
else if (benchmark !== undefined) await compare(benchmark);
else if (name === "registry")
  await printFigures(
    await runRegistry({
      only: values.only,
      changes: positive(values.changes),
      rounds: positive(values.rounds ?? "1"),
      base: positive(values.base),
      progress,
    }),
  );
else if (name === "notice")
  await printFigures(
    await runAnnouncement({
      only: values.only,
      changes: positive(values.changes),
      rounds: positive(values.rounds ?? "1"),
      progress,
    }),
  );
else if (name === "large")
  await printFigures(
    await runLarge({
      only: values.only,
      requests: positive(values.requests),
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
  await writeResults(resultsOf(measured, ours));
}

async function printFigures(figures: readonly Figure[]): Promise<void> {
  console.log(`\n${figureTable(figures)}`);
  await writeResults(figureResults(figures));
}

async function writeResults(results: readonly object[]): Promise<void> {
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new RangeError(`Expected a number above 0, got ${text}.`);
}
