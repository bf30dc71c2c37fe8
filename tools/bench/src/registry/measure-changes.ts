import { percentile } from "../harness/statistics.ts";
import { createChanger, type TimedChange } from "./changes.ts";
import type { Measurement } from "./job.ts";
import { type LoopIterations, type LoopWatch, watchLoop } from "./loop-watch.ts";
import { settledMemory } from "./memory.ts";
import { type SystemSize, startSystem } from "./system.ts";
import { measureRebuild } from "./yardstick.ts";

/** The number of changes before the measurement, so that V8 has compiled the code. */
const warmUp = 50;

/** Measures a cold start of all services, then single changes, then an idle period of the same length. */
export async function measureChanges(size: SystemSize, count: number): Promise<Measurement[]> {
  const system = await startSystem(size);
  const watch = watchLoop();
  try {
    await beginMeasurement(watch);
    const started = performance.now();
    await system.coldStart();
    const cold = performance.now() - started;
    const coldStep = watch.turns().step;
    const coldOwn = await watch.own();

    const change = createChanger(system);
    for (let turn = 0; turn < Math.min(warmUp, count); turn++) await change();
    await beginMeasurement(watch);
    const changes: TimedChange[] = [];
    const turns: LoopIterations[] = [];
    const from = performance.now();
    for (let turn = 0; turn < count; turn++) {
      changes.push(await change());
      turns.push(watch.turns());
    }
    const took = performance.now() - from;
    const delay = watch.delay();
    const own = await watch.own();

    await beginMeasurement(watch);
    await idleFor(took);
    const idle = [watch.turns()];
    const idleDelay = watch.delay();

    const rebuild = measureRebuild(size);
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
      ms("yardstick: a router of everything anew", rebuild.router),
      ...(size.graphql ? [ms("yardstick: a schema of everything anew", rebuild.schema)] : []),
    ];
  } finally {
    watch.stop();
    await system.stop();
  }
}

/** The median and the 99th percentile of the durations of changes. */
export function spread(what: string, changes: readonly TimedChange[]): Measurement[] {
  const times = changes.map((change) => change.ms);
  return [ms(`${what} p50`, percentile(times, 50)), ms(`${what} p99`, percentile(times, 99))];
}

/** Creates a figure with the unit milliseconds. */
export function ms(what: string, value: number): Measurement {
  return { what, value, unit: "ms" };
}

function loop(when: string, turns: readonly LoopIterations[], delay: number): Measurement[] {
  return [
    ms(`${when}longest step`, Math.max(...turns.map(({ step }) => step))),
    ms(`${when}longest turn of the loop`, Math.max(...turns.map(({ longest }) => longest))),
    ms(`${when}loop delay p99.9`, delay),
  ];
}

/** Collects garbage of earlier work and resets the measurement. */
async function beginMeasurement(watch: LoopWatch): Promise<void> {
  await settledMemory();
  await idleFor(20);
  watch.turns();
  await watch.own();
  watch.delay();
}

async function idleFor(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
