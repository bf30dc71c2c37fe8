import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { installed } from "@tidegate/bench";
import type { Cluster } from "./cluster.ts";
import type { TransportName } from "./place.ts";

/** Something that breaks. */
export interface Fault {
  /** What it is called. */
  readonly name: string;
  /** The transporters on which it can happen. */
  readonly transports: readonly TransportName[];
  /** Milliseconds between its begin and its end. */
  readonly lasts: number;
  /** Where the server listens; by default on 127.0.0.1. */
  readonly host?: string;
  /** Where nodes reach the server; by default at 127.0.0.1. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Lets it begin, and gives what ends it. */
  begin(cluster: Cluster, random: () => number): Promise<() => Promise<void>>;
}

/** A node's process is killed (SIGKILL), and started again. */
export const killedNode: Fault = {
  name: "node killed",
  transports: ["TCP", "NATS", "Redis"],
  lasts: 7_000,
  begin: async (cluster, random) => {
    const node = random() < 0.5 ? "a" : "b";
    await cluster.kill(node);
    return () => cluster.join(node);
  },
};

/** The server between the nodes is killed, and started again on its port. */
export const killedServer: Fault = outage("server killed", 2_000);

/** The same, for so long that clients lose their patience with it. */
export const lostServer: Fault = outage("server away for 15 s", 15_000);

function outage(name: string, lasts: number): Fault {
  return {
    name,
    transports: ["NATS", "Redis"],
    lasts,
    begin: async ({ server }) => {
      await server?.kill();
      return async () => server?.start();
    },
  };
}

/** The address at which node b, and nobody else, reaches the server in a network of its own. */
const addressOfB = "127.0.0.2";

const table = ["inet", "tidegate"];

const run = promisify(execFile);

const nft = (...words: readonly string[]): Promise<unknown> => run(installed("nft") ?? "nft", [...words]);

/**
 * Faults of the network between one node and the server. They change the rules of the network that the process is in:
 * to be used in a namespace of its own.
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
    lasts: 6_000,
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
