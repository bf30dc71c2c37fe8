import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@tidegate/example-soccer";
import type { Place } from "../faults/place.ts";
import { missingServer, serverOf } from "../faults/server.ts";
import { type Part, startPart } from "../part.ts";
import { askSteadily } from "./asking.ts";
import type { GatewayMessage, GatewayTask } from "./gateway.ts";
import { servicesAt, steadyPath } from "./services.ts";

/** What a run is told. */
export interface GatewaysOptions {
  /** How often services come, change and go, and a gateway restarts, before all is quiet. */
  readonly rounds: number;
  /** Told after each round. */
  readonly progress?: (round: number) => void;
}

/** What a run saw. */
export interface GatewaysResult {
  /** For each round: milliseconds of quiet after which all gateways served the same, for good. */
  readonly equalMs: readonly number[];
  /** Versions by branch at the end, of every gateway. */
  readonly versions: readonly Readonly<Record<string, string>>[];
  /** What the gateway that restarts answered for a route that was there all the time, by status. */
  readonly answers: Readonly<Record<string, number>>;
}

/** Milliseconds of quiet that are watched: what differs at the end of them differs for good. */
const watchedMs = 2_500;
const lookMs = 20;

/** Why a run is not possible here; undefined where it is. */
export function missingForGateways(): string | undefined {
  return missingServer("NATS");
}

/**
 * Three gateways on one NATS: services come, change and go on two branches, some of them in each other's way, and one
 * gateway restarts meanwhile (S9.4, S12.6).
 */
export async function runGateways({ rounds, progress }: GatewaysOptions): Promise<GatewaysResult> {
  const place: Place = {
    transport: "NATS",
    namespace: `gateways-${randomBytes(4).toString("hex")}`,
    ports: {},
    serverPort: await freePort(),
    addresses: {},
  };
  const server = await serverOf("NATS", "127.0.0.1", place.serverPort);
  const services = servicesAt(place);
  const gateways: Gateway[] = [];
  try {
    await server?.start();
    await services.start("steady", [steadyPath]);
    for (const name of ["one", "two", "three"]) gateways.push(await startGateway(place, name));
    const [, , restarting] = gateways;
    if (restarting === undefined) throw new TypeError("There are three gateways.");
    const asking = askSteadily(`http://127.0.0.1:${restarting.port}${steadyPath}`);
    const equalMs: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      await Promise.all([turmoil(services, round), restarting.restart()]);
      equalMs.push(await quietUntilEqual(gateways));
      progress?.(round);
    }
    await asking.stop();
    const versions = await Promise.all(gateways.map((gateway) => gateway.versions()));
    return { equalMs, versions, answers: asking.answers };
  } finally {
    await services.stop();
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await server?.close();
  }
}

/** Two services that want one path, at once; one that comes and goes; one that changes; one on a branch of its own. */
async function turmoil(services: ReturnType<typeof servicesAt>, round: number): Promise<void> {
  const contested = `/contested/${round}`;
  const [, , leave] = await Promise.all([
    services.start(`x${round}`, [contested, `/x/${round}`]),
    services.start(`y${round}`, [contested, `/y/${round}`]),
    services.start(`passing${round}`, [`/passing/${round}`]),
    services.start("changing", [`/changing/${round}`]),
    services.start(`branched${round}`, [`/branched/${round}`, contested], "preview"),
  ]);
  await leave();
}

interface Gateway {
  readonly port: number;
  versions(): Promise<Record<string, string>>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function startGateway(place: Place, name: string): Promise<Gateway> {
  const task: GatewayTask = { place, name, port: await freePort() };
  const start = async (): Promise<Part<GatewayMessage>> => {
    const part = startPart<GatewayMessage>(join(import.meta.dirname, "gateway.ts"), [JSON.stringify(task)]);
    await part.next(`The gateway ${name} starts`, (message) => "ready" in message);
    return part;
  };
  let part = await start();
  return {
    port: task.port,
    async versions() {
      const answer = part.next(`The gateway ${name} tells its versions`, (message) => "versions" in message);
      part.send({ versions: true });
      const message = await answer;
      return "versions" in message ? message.versions : {};
    },
    async restart() {
      await part.stop();
      part = await start();
    },
    stop: () => part.stop(),
  };
}

/** Milliseconds from now until the gateways differ no more. */
async function quietUntilEqual(gateways: readonly Gateway[]): Promise<number> {
  const began = performance.now();
  let differed = 0;
  for (let now = 0; now < watchedMs; now = performance.now() - began) {
    const [first, ...others] = await Promise.all(gateways.map((gateway) => gateway.versions()));
    const text = JSON.stringify(sorted(first));
    if (others.some((versions) => JSON.stringify(sorted(versions)) !== text))
      differed = performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  return differed;
}

function sorted(versions: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(versions).sort(([one], [other]) => (one < other ? -1 : 1));
}
