import { randomUUID } from "node:crypto";
import type { BrokerOptions } from "moleculer";
import { expect, onTestFinished, type TestContext } from "vitest";
import { findProgram, type Server, startServer } from "./message-server.ts";
import { freePorts, tcpOptions, testOptions } from "./system.ts";

/** A transporter that tests run with. */
export interface Transport {
  readonly name: string;
  /**
   * Creates a network for one test and the given nodes. If the server is not installed, the test is skipped;
   * in CI it fails.
   */
  open(context: TestContext, ids: readonly string[]): Promise<Network>;
}

/** Nodes that can discover each other, and their server. */
export interface Network {
  optionsOf(nodeID: string): BrokerOptions;
  /** Stops the server. Absent for TCP. */
  kill?(): Promise<void>;
  /** Starts the server again on the same port. */
  restart?(): Promise<void>;
}

/**
 * Returns options of nodes for tests of large messages: on a busy machine these block a process for longer
 * than a node can miss heartbeats, or a nested call can take.
 */
export function patientOptions(network: Network): (nodeID: string) => BrokerOptions {
  return (nodeID) => ({ ...network.optionsOf(nodeID), heartbeatTimeout: 60, requestTimeout: 60_000 });
}

/** Moleculer's TCP transporter, which needs no server. */
export const tcp: Transport = {
  name: "TCP",
  open: async (_context, ids) => {
    const found = await freePorts(ids.length);
    const ports = new Map(ids.map((id, index) => [id, found[index] ?? 0]));
    return { optionsOf: (nodeID) => tcpOptions(nodeID, ports) };
  },
};

interface ServerOptions {
  readonly program: string;
  readonly start: (port: number, folder: string) => readonly string[];
  readonly transporter: (port: number) => NonNullable<BrokerOptions["transporter"]>;
}

function serverTransport(name: string, { program, start, transporter }: ServerOptions): Transport {
  return {
    name,
    open: async (context) => {
      const path = findProgram(program);
      if (path === undefined) {
        expect(process.env.CI, `${program} is not installed`).toBeFalsy();
        return context.skip(`${program} is not installed`);
      }
      let server: Server = await startServer(path, start);
      onTestFinished(() => server.stop());
      const namespace = randomUUID();
      return {
        optionsOf: (nodeID) => ({
          ...testOptions,
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

const nats = serverTransport("NATS", {
  program: "nats-server",
  start: (port) => ["--addr", "127.0.0.1", "--port", String(port)],
  transporter: (port) => ({ type: "NATS", options: { url: `nats://127.0.0.1:${port}` } }),
});

const redis = serverTransport("Redis", {
  program: "redis-server",
  start: (port, folder) => ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""],
  transporter: (port) => ({ type: "Redis", options: { host: "127.0.0.1", port } }),
});

/** The transporters that are tested (S13.1). */
export const transports: readonly Transport[] = [tcp, nats, redis];

/** The transporters that need a server. */
export const serverTransports: readonly Transport[] = [nats, redis];
