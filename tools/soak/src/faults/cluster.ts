import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { moleculer } from "@tidegate/broker-moleculer";
import type { Broker } from "@tidegate/core-registry";
import { freePort } from "@tidegate/example-soccer";
import { brokerOptions, type Network, type TransportName } from "./network.ts";
import type { NodeMessage, NodeTask } from "./node.ts";
import { createObserver, type Observer } from "./observer.ts";
import { createServer, type MessageServer } from "./server.ts";

/** The ids of the nodes with the service. */
export const nodeIds = ["a", "b"] as const;

/** The time limit for starting a node. */
const timeoutMs = 20_000;

/** The broker of a gateway in this process, and two nodes in child processes. */
export interface Cluster {
  readonly network: Network;
  readonly broker: Broker;
  readonly observer: Observer;
  readonly server: MessageServer | undefined;
  kill(nodeID: string): Promise<void>;
  /** Sends a signal to the process of a node: SIGSTOP makes it hang, SIGCONT lets it go on. */
  signal(nodeID: string, signal: "SIGSTOP" | "SIGCONT"): void;
  join(nodeID: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a cluster.
 * @param host the address on which the message server listens
 * @param addresses the addresses of the message server by node id
 */
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
  const network: Network = { transport, namespace, ports, serverPort, addresses };
  const server = await createServer(transport, host, serverPort);
  const observer = createObserver();
  const broker = moleculer(brokerOptions(network, "gateway"));
  const children = new Map<string, ChildProcess>();

  const kill = async (nodeID: string): Promise<void> => {
    const child = children.get(nodeID);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const joinNode = async (nodeID: string): Promise<void> => {
    const task: NodeTask = { network, nodeID };
    const child = fork(join(import.meta.dirname, "node.ts"), [JSON.stringify(task)], {
      execArgv: ["--conditions=@tidegate/source"],
    });
    children.set(nodeID, child);
    await waitForStart(child, observer);
  };
  const cluster: Cluster = {
    network,
    broker,
    observer,
    server,
    kill,
    signal: (nodeID, signal) => void children.get(nodeID)?.kill(signal),
    join: joinNode,
    close: async () => {
      await broker.stop();
      await Promise.all([...children.keys()].map(kill));
      await server?.close();
    },
  };
  try {
    await server?.start();
    await Promise.all([broker.start(observer.sink), ...nodeIds.map(joinNode)]);
    if (!(await observer.waitForNodes(nodeIds, timeoutMs)))
      throw new Error("The gateway did not discover its nodes.");
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function waitForStart(child: ChildProcess, observer: Observer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("message", (message: NodeMessage) => {
    if (message.started) resolve();
    observer.recordCalls(message.ran ?? []);
  });
  child.once("exit", (code) =>
    reject(new Error(`A node ended with exit code ${code} before it had started.`)),
  );
  const timer = setTimeout(() => reject(new Error("A node did not start.")), timeoutMs);
  await promise.finally(() => clearTimeout(timer));
}
