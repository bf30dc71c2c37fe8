import { randomUUID } from "node:crypto";
import type { BrokerOptions } from "moleculer";
import { expect, onTestFinished, type TestContext } from "vitest";
import { programOf, type Server, startServer } from "./message-server.ts";
import { freePorts, quiet, tcpOptions } from "./system.ts";

/** A transporter on which nodes meet. */
export interface Transport {
  /** Its name in titles. */
  readonly name: string;
  /** Makes a place where the nodes named can meet, for one test. Where its server is not installed, the test is left out; with CI set it fails. */
  open(context: TestContext, ids: readonly string[]): Promise<Meeting>;
}

/** A place where nodes meet. */
export interface Meeting {
  /** Options of a node. */
  optionsOf(nodeID: string): BrokerOptions;
  /** Kills the server. Absent where there is none. */
  kill?(): Promise<void>;
  /** Starts it again where it was. */
  restart?(): Promise<void>;
}

/** TCP, which needs no server. */
export const tcp: Transport = {
  name: "TCP",
  open: async (_context, ids) => {
    const found = await freePorts(ids.length);
    const ports = new Map(ids.map((id, index) => [id, found[index] ?? 0]));
    return { optionsOf: (nodeID) => tcpOptions(nodeID, ports) };
  },
};

interface Served {
  readonly program: string;
  readonly start: (port: number, folder: string) => readonly string[];
  readonly transporter: (port: number) => NonNullable<BrokerOptions["transporter"]>;
}

function served(name: string, { program, start, transporter }: Served): Transport {
  return {
    name,
    open: async (context) => {
      const path = programOf(program);
      if (path === undefined) {
        expect(process.env.CI, `${program} is not installed`).toBeFalsy();
        return context.skip(`${program} is not installed`);
      }
      let server: Server = await startServer(path, start);
      onTestFinished(() => server.stop());
      const namespace = randomUUID();
      return {
        optionsOf: (nodeID) => ({
          ...quiet,
          nodeID,
          namespace,
          transporter: transporter(server.port),
          heartbeatInterval: 1,
          heartbeatTimeout: 3,
        }),
        kill: () => server.stop(),
        restart: async () => {
          server = await startServer(path, start, server);
        },
      };
    },
  };
}

const nats = served("NATS", {
  program: "nats-server",
  start: (port) => ["--addr", "127.0.0.1", "--port", String(port)],
  transporter: (port) => ({ type: "NATS", options: { url: `nats://127.0.0.1:${port}` } }),
});

const redis = served("Redis", {
  program: "redis-server",
  start: (port, folder) => ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""],
  transporter: (port) => ({ type: "Redis", options: { host: "127.0.0.1", port } }),
});

/** Those that are tested (S13.1). */
export const transports: readonly Transport[] = [tcp, nats, redis];

/** Those that need a server. */
export const servedTransports: readonly Transport[] = [nats, redis];
