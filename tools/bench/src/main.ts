import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { graphqlBenchmark } from "./graphql/benchmark.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { resultsOf, runBenchmark } from "./harness/run.ts";
import { tableOf } from "./harness/table.ts";
import { restBenchmark } from "./rest/benchmark.ts";

const benchmarks: readonly Benchmark[] = [restBenchmark, graphqlBenchmark];

const usage = `usage: bench ${benchmarks.map(({ name }) => name).join("|")} [options]
  --json FILE      write [{ "work", "who", "value", "unit", "ratio" }], the ratio being ours to theirs
  --only WORK      one work alone
  --rounds N       how often each has its turn (5)
  --seconds S      how long a turn lasts (5)
  --connections N  connections at once (32)`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "32" },
  },
});
const benchmark = benchmarks.find(({ name }) => name === positionals[0]);

if (benchmark === undefined) {
  console.error(usage);
  process.exitCode = 1;
} else {
  const ours = benchmark.contenders[0]?.who ?? "";
  const measured = await runBenchmark(benchmark, {
    rounds: positive(values.rounds),
    seconds: positive(values.seconds),
    connections: positive(values.connections),
    only: values.only,
    progress: (line) => console.error(line),
  });
  console.log(`\n${tableOf(measured, ours)}`);
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify(resultsOf(measured, ours), null, 2)}\n`);
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new RangeError(`Expected a number above 0, found ${text}.`);
}
