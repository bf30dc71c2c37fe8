import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type LoadResult, percentile } from "@tidegate/bench";
import { freePort } from "@tidegate/example-soccer";
import { type ChildProgram, startProgram } from "../program.ts";
import type { SwapCluster } from "./cluster.ts";
import type { GatewayMessage, GatewayRequest } from "./gateway.ts";
import type { LoadAnswer, LoadMessage } from "./load.ts";
import { waitForProbes } from "./probe.ts";
import type { ServicesAnswer, ServicesMessage } from "./services.ts";
import { type ChangeKind, countOf, stageOf } from "./stages.ts";
import type { SubscribedResult, SubscribersAnswer, SubscribersMessage } from "./subscribers.ts";

/** Options of `runSwap`: the number of changes and the load. */
export interface SwapOptions {
  readonly changes: number;
  /** The duration of the measurement before the first change. */
  readonly quietSeconds: number;
  readonly connections: number;
  /**
   * The number of open sockets of each kind: WebSocket and GraphQL, of the steady and the changing service.
   */
  readonly sockets: number;
  /** Receives the number of each served change. */
  readonly progress?: (change: number) => void;
}

/** The measurements and counts of a run. */
export interface SwapResult {
  readonly changes: number;
  /** The number of changes that the gateway served, or refused if they were invalid. */
  readonly seen: number;
  /**
   * The median time until a change was served, by kind, in milliseconds. `node` includes the start of the
   * node.
   */
  readonly changeMs: Readonly<Partial<Record<ChangeKind, number>>>;
  readonly quiet: LoadResult;
  readonly changing: LoadResult;
  readonly subscribed: SubscribedResult;
  /** How often sockets of the changing service can be closed at most (S6.4). */
  readonly mayRetire: number;
  /** The heap of the gateway after garbage collection, from the middle of the run to its end. */
  readonly heap: readonly HeapSample[];
}

/** The heap of the gateway after a change. */
export interface HeapSample {
  readonly change: number;
  readonly bytes: number;
}

/** The time limit until a change is served. */
const timeoutSeconds = 20;
/** How often the heap is measured. */
const heapSamples = 10;

/**
 * Changes the fragment of one service repeatedly, with all kinds of changes, over Moleculer's TCP, while
 * clients send requests as fast as possible and sockets are open. Gateway, services, load and subscribers run
 * in their own processes.
 * @throws if a process ends early, or a change is not served within 20 seconds
 */
export async function runSwap(options: SwapOptions): Promise<SwapResult> {
  const { changes, quietSeconds, connections, sockets, progress } = options;
  const cluster = [JSON.stringify(await makeCluster())];
  const programs: ChildProgram<unknown>[] = [];
  const start = <Message>(name: string): ChildProgram<Message> => {
    const program = startProgram<Message>(join(import.meta.dirname, `${name}.ts`), cluster);
    programs.push(program);
    return program;
  };
  try {
    const gateway = start<GatewayMessage>("gateway");
    const listening = await gateway.next("the gateway's start", (message) => "port" in message);
    const port = "port" in listening ? listening.port : 0;
    const services = start<ServicesAnswer>("services");
    await services.next("the services' start", (answer) => "up" in answer);
    await waitForProbes(port, stageOf(0).probes, timeoutSeconds);

    const load = controlLoad(start<LoadAnswer>("load"), port, connections);
    // Warms up, so that the first measurement does not include compilation.
    await load.run(Math.min(2, quietSeconds));
    const subscribers = start<SubscribersAnswer>("subscribers");
    const open = subscribers.next("open sockets", (answer) => "open" in answer);
    send<SubscribersMessage>(subscribers, { port, sockets });
    await open;
    const quiet = await load.run(quietSeconds);

    load.begin();
    const took = new Map<ChangeKind, number[]>();
    const heap: HeapSample[] = [];
    const middle = Math.floor(changes / 2);
    const between = Math.max(1, Math.floor((changes - middle) / heapSamples));
    let seen = 0;
    for (let change = 1; change <= changes; change++) {
      if (change - 1 >= middle && (change - 1 - middle) % between === 0)
        heap.push({ change: change - 1, bytes: await heapOf(gateway) });
      const { kind } = stageOf(change);
      const started = performance.now();
      await makeChange(change, services, gateway, port);
      took.set(kind, [...(took.get(kind) ?? []), performance.now() - started]);
      seen++;
      progress?.(change);
    }
    heap.push({ change: changes, bytes: await heapOf(gateway) });
    const changing = await load.end();
    return {
      changes,
      seen,
      changeMs: Object.fromEntries([...took].map(([kind, times]) => [kind, percentile(times, 50)])),
      quiet,
      changing,
      subscribed: await finishSubscriptions(services, subscribers),
      mayRetire: 2 * sockets * countOf("subscription", changes),
      heap,
    };
  } finally {
    for (const program of programs.reverse()) await program.stop();
  }
}

async function makeChange(
  change: number,
  services: ChildProgram<ServicesAnswer>,
  gateway: ChildProgram<GatewayMessage>,
  port: number,
): Promise<void> {
  const { kind, probes } = stageOf(change);
  const refused =
    kind === "broken"
      ? gateway.next(`change ${change} is refused`, (message) => "refused" in message)
      : undefined;
  send<ServicesMessage>(services, { change });
  await refused;
  await waitForProbes(port, probes, timeoutSeconds);
}

async function heapOf(gateway: ChildProgram<GatewayMessage>): Promise<number> {
  const answer = gateway.next("the gateway's heap", (message) => "heap" in message);
  send<GatewayRequest>(gateway, { heap: true });
  const message = await answer;
  return "heap" in message ? message.heap : Number.NaN;
}

/** Stops the events and returns the results of the subscribers. */
async function finishSubscriptions(
  services: ChildProgram<ServicesAnswer>,
  subscribers: ChildProgram<SubscribersAnswer>,
): Promise<SubscribedResult> {
  const last = services.next("the last event", (answer) => "lastTick" in answer);
  send<ServicesMessage>(services, { quiet: true });
  const message = await last;
  const answer = subscribers.next("the results of the subscribers", (message) => "subscribed" in message);
  send<SubscribersMessage>(subscribers, { lastTick: "lastTick" in message ? message.lastTick : 0 });
  const result = await answer;
  if ("subscribed" in result) return result.subscribed;
  throw new Error("The subscribers sent no results.");
}

/** Controls the process of the load. */
function controlLoad(program: ChildProgram<LoadAnswer>, port: number, connections: number) {
  const begin = (): void => send<LoadMessage>(program, { port, connections });
  const end = async (): Promise<LoadResult> => {
    const answer = program.next("the load's end", () => true);
    send<LoadMessage>(program, { end: true });
    return (await answer).load;
  };
  return {
    begin,
    end,
    run: async (seconds: number): Promise<LoadResult> => {
      begin();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      return end();
    },
  };
}

function send<Message extends object>(program: ChildProgram<unknown>, message: Message): void {
  program.send(message);
}

async function makeCluster(): Promise<SwapCluster> {
  const name = randomBytes(4).toString("hex");
  return { namespace: `soak-${name}`, gatewayId: `gateway-${name}`, gatewayPort: await freePort() };
}
