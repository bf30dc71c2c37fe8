import { percentile } from "../harness/statistics.ts";
import { createChanger, type TimedChange } from "./changes.ts";
import type { Measurement } from "./job.ts";
import { watchLoop } from "./loop-watch.ts";
import { ms, spread } from "./measure-changes.ts";
import { settledMemory } from "./memory.ts";
import { routeProbe, serviceOf } from "./services.ts";
import { type SystemSize, startSystem } from "./system.ts";

/** The number of evicted branches that get a request. */
const maxRequests = 50;
/** Responses of branches have higher numbers than those of master. */
const firstBranchNumber = 1_000_000;

/**
 * Measures branches that differ from master by one service each: their creation, changes of master that the
 * branches follow, first requests on branches, and the memory of the process.
 */
export async function measureBranches(
  size: SystemSize,
  branches: number,
  count: number,
): Promise<Measurement[]> {
  const system = await startSystem(size);
  const watch = watchLoop();
  const { memory, first, gateway, connection } = system;
  const { registry } = gateway;
  try {
    await system.coldStart();
    const before = await settledMemory();
    watch.turns();
    const started = performance.now();
    for (let branch = 0; branch < branches; branch++)
      memory.node(`node-${branch}`).publish(
        serviceOf(branch % size.services, {
          ...first,
          route: firstBranchNumber + branch,
          branch: nameOfBranch(branch),
        }),
      );
    await registry.settled();
    const arrival = performance.now() - started;
    const loop = watch.turns();
    const found = registry.branches().length - 1;
    if (found !== branches) throw new Error(`Expected ${branches} branches, found ${found}.`);
    const after = await settledMemory();

    const change = createChanger(system);
    const changes: TimedChange[] = [];
    watch.turns();
    for (let turn = 0; turn < count; turn++) changes.push(await change());
    const changing = watch.turns();
    const following = performance.now();
    await registry.settled();
    const followed = performance.now() - following;

    const requests: number[] = [];
    for (let turn = 0; turn < Math.min(maxRequests, branches); turn++) {
      const branch = Math.floor((turn * branches) / Math.min(maxRequests, branches));
      const since = performance.now();
      await connection.ask(
        routeProbe(branch % size.services, firstBranchNumber + branch, `/~${nameOfBranch(branch)}`),
      );
      requests.push(performance.now() - since);
    }
    const whole = await settledMemory();
    return [
      ms("until all branches are there", arrival),
      ms("until all branches are there, longest step", loop.step),
      mb("heap, of all branches", after.heap - before.heap),
      ...spread("change of master", changes),
      ms("change of master, longest step", changing.step),
      ms("until the branches followed the last change", followed),
      ms("first request on a branch p50", percentile(requests, 50)),
      ms("first request on a branch p99", percentile(requests, 99)),
      mb("heap", whole.heap),
      mb("resident memory", whole.resident),
    ];
  } finally {
    watch.stop();
    await system.stop();
  }
}

function nameOfBranch(branch: number): string {
  return `b${branch}`;
}

function mb(what: string, bytes: number): Measurement {
  return { what, value: bytes / 1e6, unit: "MB" };
}
