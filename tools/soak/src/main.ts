import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { faults } from "./faults/command.ts";
import { gateways } from "./gateways/command.ts";
import { figuresOf } from "./swap/figures.ts";
import { runSwap } from "./swap/swap.ts";
import { faultsOf } from "./swap/verdict.ts";

const usage = `usage: soak swap [options]
  --changes N      how often one service's fragment changes (1000)
  --seconds S      how long requests are measured before that (10)
  --connections N  connections that ask at once (16)
  --sockets N      sockets of each kind that are open meanwhile (8)
  --json FILE      write the figures
       soak faults [options]
  --seeds N        how often each fault happens (10)
       soak gateways [options]
  --rounds N       how often services come and go and a gateway restarts (10)`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    changes: { type: "string", default: "1000" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "16" },
    sockets: { type: "string", default: "8" },
    seeds: { type: "string", default: "10" },
    rounds: { type: "string", default: "10" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) console.log(usage);
else if (positionals[0] === "swap") await swap();
else if (positionals[0] === "faults") await faults(positive(values.seeds));
else if (positionals[0] === "gateways") await gateways(positive(values.rounds));
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
  if (faultsOf(result).length > 0) process.exitCode = 1;
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new RangeError(`Expected a number above 0, found ${text}.`);
}
