import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { moleculer } from "@tidegate/broker-moleculer";
import type { Broker } from "@tidegate/core-registry";
import { freePort } from "@tidegate/example-soccer";
import type { NodeMessage, NodeTask } from "./node.ts";
import { optionsAt, type Place, type TransportName } from "./place.ts";
import { type MessageServer, serverOf } from "./server.ts";
import { makeWitness, type Witness } from "./witness.ts";

/** The nodes that serve. */
export const nodeIds = ["a", "b"] as const;

/** Milliseconds that a beginning may take. */
const patience = 20_000;

/** A gateway in this process and two nodes in processes of their own, which it calls. */
export interface Cluster {
  /** Where they meet. */
  readonly place: Place;
  /** The gateway's broker. */
  readonly broker: Broker;
  /** What it is told. */
  readonly witness: Witness;
  /** Between them; absent for TCP. */
  readonly server: MessageServer | undefined;
  /** Kills a node's process (SIGKILL). */
  kill(nodeID: string): Promise<void>;
  /** Starts a node. */
  join(nodeID: string): Promise<void>;
  /** Ends all. */
  close(): Promise<void>;
}

/** Starts a cluster. `host` is where its server listens; `addresses` are those at which nodes reach it. */
export async function startCluster(
  transport: TransportName,
  host = "127.0.0.1",
  addresses: Readonly<Record<string, string>> = {},
): Promise<Cluster> {
  const ids = ["gateway", ...nodeIds];
  const ports: Record<string, number> = {};
  for (const id of ids) ports[id] = await freePort();
  const serverPort = await freePort();
  const namespace = `faults-${randomBytes(4).toString("hex")}`;
  const place: Place = { transport, namespace, ports, serverPort, addresses };
  const server = await serverOf(transport, host, serverPort);
  const witness = makeWitness();
  const broker = moleculer(optionsAt(place, "gateway"));
  const children = new Map<string, ChildProcess>();

  const kill = async (nodeID: string): Promise<void> => {
    const child = children.get(nodeID);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const joinNode = async (nodeID: string): Promise<void> => {
    const task: NodeTask = { place, nodeID };
    const child = fork(join(import.meta.dirname, "node.ts"), [JSON.stringify(task)], {
      execArgv: ["--conditions=@tidegate/source"],
    });
    children.set(nodeID, child);
    await started(child, witness);
  };
  const cluster: Cluster = {
    place,
    broker,
    witness,
    server,
    kill,
    join: joinNode,
    close: async () => {
      await broker.stop();
      await Promise.all([...children.keys()].map(kill));
      await server?.close();
    },
  };
  try {
    await server?.start();
    await Promise.all([broker.start(witness.sink), ...nodeIds.map(joinNode)]);
    if (!(await witness.sees(nodeIds, patience))) throw new Error("The gateway did not find its nodes.");
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function started(child: ChildProcess, witness: Witness): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("message", (message: NodeMessage) => {
    if (message.started) resolve();
    witness.ran(message.ran ?? []);
  });
  child.once("exit", (code) => reject(new Error(`A node ended with ${code} before it had started.`)));
  const timer = setTimeout(() => reject(new Error("A node did not start.")), patience);
  await promise.finally(() => clearTimeout(timer));
}
