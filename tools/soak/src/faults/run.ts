import { nodeIds, startCluster } from "./cluster.ts";
import type { Fault } from "./fault.ts";
import { type CallCounts, callTimeout, makeLoad } from "./load.ts";
import type { TransportName } from "./place.ts";

/** Milliseconds after the end of a fault within which everything has to be whole again. */
const recovery = 20_000;

/** Milliseconds that a call may take beyond its timeout before it counts as late: the machine has other work. */
const slack = 1_500;

/** What came of one fault. */
export interface FaultResult extends CallCounts {
  /** Which it was. */
  readonly fault: string;
  /** On which transporter. */
  readonly transport: TransportName;
  /** The run's seed. */
  readonly seed: number;
  /** Milliseconds from the fault's end until the last call failed; undefined where it was not whole within 20 s. */
  readonly recovered: number | undefined;
  /** Whether the gateway knew its nodes, and nothing else, after that. */
  readonly found: boolean;
  /** Whether events came after that. */
  readonly events: boolean;
  /** Events that came twice, and calls that ran twice. */
  readonly twice: number;
}

/** Makes calls, lets something break, mends it, and looks whether everything is whole again. */
export async function runFault(fault: Fault, transport: TransportName, seed: number): Promise<FaultResult> {
  const cluster = await startCluster(transport, fault.host, fault.addresses);
  try {
    const load = makeLoad(cluster.broker);
    await load.whole(nodeIds, recovery);
    const random = randomOf(seed);
    await pause(200 + 800 * random());
    const mend = await fault.begin(cluster, random);
    await pause(fault.lasts);
    await mend();
    const recovered = await load.whole(nodeIds, recovery);
    const found = await cluster.witness.sees(nodeIds, recovery);
    const before = cluster.witness.events();
    await pause(500);
    const counts = await load.end();
    return {
      fault: fault.name,
      transport,
      seed,
      ...counts,
      recovered,
      found,
      events: cluster.witness.events() > before,
      twice: cluster.witness.twice(),
    };
  } finally {
    await cluster.close();
  }
}

/** What is wrong with a result; nothing where it is as it should be. */
export function wrongWith(result: FaultResult): string[] {
  const { ok, hanging, longest, recovered, found, events, twice } = result;
  const wrong: (readonly [boolean, string])[] = [
    [ok === 0, "no call was answered"],
    [hanging > 0, `${hanging} calls hang`],
    [longest > callTimeout + slack, `a call took ${Math.round(longest)} ms`],
    [recovered === undefined, "calls did not work again"],
    [!found, "the gateway did not find its nodes again"],
    [!events, "no events came any more"],
    [twice > 0, `${twice} events or calls came twice`],
  ];
  return wrong.filter(([is]) => is).map(([, what]) => what);
}

/** Numbers from 0 to 1 that depend on the seed alone. */
function randomOf(seed: number): () => number {
  let state = seed + 0x9e3779b9;
  return () => {
    state = Math.imul(state ^ (state >>> 15), state | 1);
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
    return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
