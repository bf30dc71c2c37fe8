import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { Transporters } from "moleculer";

/** Options of `loopbackTcp`: its own port, and other nodes. */
export interface LoopbackTcpOptions {
  /** The port to listen on. Default: any free port. */
  readonly port?: number;
  /** The ports of the nodes to connect to first, by node id. Gossip finds all other nodes. Default none. */
  readonly peers?: Readonly<Record<string, number>>;
}

const loopback = "127.0.0.1";
const maxAttempts = 50;

/**
 * Moleculer's TCP transporter for nodes of one machine. It has no UDP discovery and listens only on loopback;
 * Moleculer's own listens on all interfaces and publishes the name of the machine.
 */
export function loopbackTcp({ port, peers = {} }: LoopbackTcpOptions): Transporters.TCP {
  const urls = Object.entries(peers).map(([id, peerPort]) => `tcp://${loopback}:${peerPort}/${id}`);
  return new LoopbackTcp({
    udpDiscovery: false,
    gossipPeriod: 1,
    ...(port !== undefined && { port }),
    ...(urls.length > 0 && { urls: urls.join() }),
  });
}

/**
 * Finds a free port of 127.0.0.1.
 * @param from the first port to try. Default: a random port below the range that the system assigns to
 * clients
 * @throws if 50 ports in a row are used
 */
export async function freePort(from: number = 20_000 + Math.floor(Math.random() * 12_000)): Promise<number> {
  for (let port = from; port < from + maxAttempts; port++) if (await isFree(port)) return port;
  throw new Error(`All ports from ${from} to ${from + maxAttempts - 1} are in use.`);
}

class LoopbackTcp extends Transporters.TCP {
  override startTcpServer(): Promise<void> {
    const started = super.startTcpServer();
    const reader: unknown = Reflect.get(this, "reader");
    const { server } = reader as { readonly server: Server };
    // Moleculer has no option for the address, so the server listens again before a client can connect.
    server.close();
    server.listen({ host: loopback, port: this.opts.port ?? 0, exclusive: true });
    return started;
  }

  override getNodeAddress(): string {
    return loopback;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: loopback, port, exclusive: true }), "listening");
    await once(server.close(), "close");
    return true;
  } catch {
    return false;
  }
}
