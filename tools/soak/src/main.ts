import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runFaults } from "./faults/faults.ts";
import { heading, lineOf, passed, verdictOf } from "./faults/figures.ts";
import { gateways } from "./gateways/gateways.ts";
import { outage } from "./outage/outage.ts";
import { figuresOf } from "./swap/figures.ts";
import { runSwap } from "./swap/swap.ts";
import { failuresOf } from "./swap/verdict.ts";

const usage = `usage: soak swap [options]
  --changes N      the number of changes of a fragment (default 1000)
  --seconds S      the duration of the measurement before the changes (default 10)
  --connections N  the number of connections that send requests (default 16)
  --sockets N      the number of open sockets of each kind (default 8)
  --json FILE      write the figures as JSON
       soak faults [options]
  --seeds N        the number of runs of each fault (default 10)
       soak gateways [options]
  --rounds N       the number of restarts of a gateway (default 10)
       soak outage [options]
  --away S         how long the NATS server is away, in seconds (default 60)`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    changes: { type: "string", default: "1000" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "16" },
    sockets: { type: "string", default: "8" },
    seeds: { type: "string", default: "10" },
    rounds: { type: "string", default: "10" },
    away: { type: "string", default: "60" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) console.log(usage);
else if (positionals[0] === "swap") await swap();
else if (positionals[0] === "faults") await faults(positive(values.seeds));
else if (positionals[0] === "gateways") await gateways(positive(values.rounds));
else if (positionals[0] === "outage") await outage(positive(values.away));
else {
  console.error(usage);
  process.exitCode = 1;
}

async function swap(): Promise<void> {
  const changes = positive(values.changes);
  const result = await runSwap({
    changes,
    quietSeconds: positive(values.seconds),
    connections: positive(values.connections),
    sockets: positive(values.sockets),
    progress: (change) => {
      if (change % 50 === 0 || change === changes) console.error(`${change}/${changes} changes`);
    },
  });
  console.log(figuresOf(result));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (failuresOf(result).length > 0) process.exitCode = 1;
}

/** Prints a line for each run. The exit code is 1 if a call hung or a run did not recover. */
async function faults(seeds: number): Promise<void> {
  console.log(heading);
  const result = await runFaults({ seeds, progress: (run) => console.log(lineOf(run)) });
  console.log(verdictOf(result));
  if (!passed(result)) process.exitCode = 1;
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new RangeError(`Expected a number above 0, got ${text}.`);
}
