import { percentile } from "../harness/percentile.ts";
import { createChanger, type TimedChange } from "./changes.ts";
import type { Measurement } from "./job.ts";
import { type LoopTurns, type LoopWatch, watchLoop } from "./loop-watch.ts";
import { settledMemory } from "./memory.ts";
import { type SystemSize, startSystem } from "./system.ts";
import { buildAnew } from "./yardstick.ts";

/** Changes that are made before any is measured, so that what was never run is compiled. */
const warmUp = 50;

/** A cold start of all services, then changes one by one, then a while of nothing, as long as the changes took. */
export async function measureChanges(size: SystemSize, count: number): Promise<Measurement[]> {
  const system = await startSystem(size);
  const watch = watchLoop();
  try {
    await begin(watch);
    const started = performance.now();
    await system.coldStart();
    const cold = performance.now() - started;
    const coldStep = watch.turns().step;
    const coldOwn = await watch.own();

    const change = createChanger(system);
    for (let turn = 0; turn < Math.min(warmUp, count); turn++) await change();
    await begin(watch);
    const changes: TimedChange[] = [];
    const turns: LoopTurns[] = [];
    const from = performance.now();
    for (let turn = 0; turn < count; turn++) {
      changes.push(await change());
      turns.push(watch.turns());
    }
    const took = performance.now() - from;
    const delay = watch.delay();
    const own = await watch.own();

    await begin(watch);
    await nothing(took);
    const idle = [watch.turns()];
    const idleDelay = watch.delay();

    const anew = buildAnew(size);
    const kinds = size.graphql ? (["route", "type"] as const) : [];
    return [
      ms("cold start", cold),
      ms("cold start, longest step", coldStep),
      ms("cold start, longest step without garbage collection", coldOwn),
      ...spread("change", changes),
      ...kinds.flatMap((kind) =>
        spread(
          `change of a ${kind}`,
          changes.filter((each) => each.kind === kind),
        ),
      ),
      ms(
        "longest step of a change p50",
        percentile(
          turns.map(({ step }) => step),
          50,
        ),
      ),
      ...loop("", turns, delay),
      ms("longest step without garbage collection", own),
      ...loop("idle, ", idle, idleDelay),
      ms("yardstick: a router of everything anew", anew.router),
      ...(size.graphql ? [ms("yardstick: a schema of everything anew", anew.schema)] : []),
    ];
  } finally {
    watch.stop();
    await system.stop();
  }
}

/** The halves and the worst of what changes took. */
export function spread(what: string, changes: readonly TimedChange[]): Measurement[] {
  const times = changes.map((change) => change.ms);
  return [ms(`${what} p50`, percentile(times, 50)), ms(`${what} p99`, percentile(times, 99))];
}

/** A figure in milliseconds. */
export function ms(what: string, value: number): Measurement {
  return { what, value, unit: "ms" };
}

function loop(when: string, turns: readonly LoopTurns[], delay: number): Measurement[] {
  return [
    ms(`${when}longest step`, Math.max(...turns.map(({ step }) => step))),
    ms(`${when}longest turn of the loop`, Math.max(...turns.map(({ longest }) => longest))),
    ms(`${when}loop delay p99.9`, delay),
  ];
}

/** What was before leaves no garbage behind for what is measured from now on. */
async function begin(watch: LoopWatch): Promise<void> {
  await settledMemory();
  await nothing(20);
  watch.turns();
  await watch.own();
  watch.delay();
}

async function nothing(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
