import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { figuresOf } from "./swap/figures.ts";
import { passed, runSwap } from "./swap/swap.ts";

const usage = `usage: soak swap [options]
  --changes N      how often one service's fragment changes (200)
  --seconds S      how long requests are measured before that (10)
  --connections N  connections that ask the other service at once (16)
  --json FILE      write the figures`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    changes: { type: "string", default: "200" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "16" },
    json: { type: "string" },
  },
});

if (positionals[0] === "swap") await swap();
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
    progress: (change) => {
      if (change % 20 === 0 || change === changes) console.error(`${change}/${changes} changes`);
    },
  });
  console.log(figuresOf(result));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (!passed(result)) process.exitCode = 1;
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new RangeError(`Expected a number above 0, found ${text}.`);
}
