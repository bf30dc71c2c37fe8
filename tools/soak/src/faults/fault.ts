import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { installed } from "@tidegate/bench";
import type { Cluster } from "./cluster.ts";
import type { TransportName } from "./network.ts";

/** A fault that can be injected into a cluster. */
export interface Fault {
  readonly name: string;
  /** The transporters on which it can happen. */
  readonly transports: readonly TransportName[];
  readonly durationMs: number;
  /** The address on which the message server listens. Default: 127.0.0.1. */
  readonly host?: string;
  /** The addresses of the message server by node id. Default: 127.0.0.1. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Injects the fault. Returns a function that ends it. */
  begin(cluster: Cluster, random: () => number): Promise<() => Promise<void>>;
}

/** Kills the process of a node with SIGKILL, and starts it again. */
export const killedNode: Fault = {
  name: "node killed",
  transports: ["TCP", "NATS", "Redis"],
  durationMs: 7_000,
  begin: async (cluster, random) => {
    const node = random() < 0.5 ? "a" : "b";
    await cluster.kill(node);
    return () => cluster.join(node);
  },
};

/** Stops the process of a node with SIGSTOP, and lets it go on. */
export const hungNode: Fault = {
  name: "node hung for 8 s",
  transports: ["TCP", "NATS", "Redis"],
  durationMs: 8_000,
  begin: async (cluster) => {
    cluster.signal("a", "SIGSTOP");
    return async () => cluster.signal("a", "SIGCONT");
  },
};

/** Stops the process of a node for 4 s, and lets it go on for 1 s, again and again. */
export const flappingNode: Fault = {
  name: "node hung for 4 of 5 s",
  transports: ["TCP", "NATS", "Redis"],
  durationMs: 15_000,
  begin: async (cluster) => {
    cluster.signal("a", "SIGSTOP");
    let seconds = 0;
    const timer = setInterval(() => {
      seconds += 1;
      cluster.signal("a", seconds % 5 === 4 ? "SIGCONT" : "SIGSTOP");
    }, 1_000);
    return async () => {
      clearInterval(timer);
      cluster.signal("a", "SIGCONT");
    };
  },
};

/** Stops the message server with SIGSTOP: its connections stay open. */
export const hungServer: Fault = {
  name: "server hung for 8 s",
  transports: ["NATS", "Redis"],
  durationMs: 8_000,
  begin: async ({ server }) => {
    server?.signal("SIGSTOP");
    return async () => server?.signal("SIGCONT");
  },
};

/** Kills the message server, and starts it again on the same port. */
export const killedServer: Fault = outage("server killed", 2_000);

/** Kills the message server for longer than the timeouts of its clients. */
export const lostServer: Fault = outage("server away for 15 s", 15_000);

function outage(name: string, durationMs: number): Fault {
  return {
    name,
    transports: ["NATS", "Redis"],
    durationMs,
    begin: async ({ server }) => {
      await server?.kill();
      return async () => server?.start();
    },
  };
}

/** The address of the message server that only node b uses. */
const addressOfB = "127.0.0.2";

const table = ["inet", "tidegate"];

const run = promisify(execFile);

const nft = (...words: readonly string[]): Promise<unknown> => run(installed("nft") ?? "nft", [...words]);

/**
 * Faults of the network between one node and the message server. They change the firewall rules of the
 * process's network, so they must run in a network namespace.
 */
export const networkFaults: readonly Fault[] = [
  partition("node cut off, packets dropped", ["drop"], ["saddr", "daddr"]),
  partition("node cut off one way", ["drop"], ["daddr"]),
  partition(
    "connections reset",
    ["meta", "l4proto", "tcp", "reject", "with", "tcp", "reset"],
    ["saddr", "daddr"],
  ),
  partition(
    "30 % of packets lost",
    ["numgen", "random", "mod", "100", "<", "30", "drop"],
    ["saddr", "daddr"],
  ),
];

function partition(name: string, verdict: readonly string[], sides: readonly string[]): Fault {
  return {
    name,
    transports: ["NATS", "Redis"],
    durationMs: 6_000,
    host: "0.0.0.0",
    addresses: { b: addressOfB },
    begin: async () => {
      await nft("add", "table", ...table);
      const hook = ["{", "type", "filter", "hook", "output", "priority", "0", ";", "}"];
      await nft("add", "chain", ...table, "out", ...hook);
      for (const side of sides) await nft("add", "rule", ...table, "out", "ip", side, addressOfB, ...verdict);
      return async () => {
        await nft("delete", "table", ...table);
      };
    },
  };
}
