import type { Server } from "node:net";
import { Transporters } from "moleculer";

/** Where a node listens, and whom it knows. */
export interface LoopbackTcpOptions {
  /** The port. Default: any free one. */
  readonly port?: number;
  /** The ports of nodes that are known from the start, by node id. Others are found through them. Default none. */
  readonly peers?: Readonly<Record<string, number>>;
}

const loopback = "127.0.0.1";

/**
 * Moleculer's TCP transporter for nodes of one machine: without UDP discovery, and on loopback alone, where Moleculer's
 * own listens on every interface and hands out the machine's name.
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

class LoopbackTcp extends Transporters.TCP {
  override startTcpServer(): Promise<void> {
    const started = super.startTcpServer();
    const reader: unknown = Reflect.get(this, "reader");
    const { server } = reader as { readonly server: Server };
    // Moleculer gives no address: begin again, before anybody could connect.
    server.close();
    server.listen({ host: loopback, port: this.opts.port ?? 0, exclusive: true });
    return started;
  }

  override getNodeAddress(): string {
    return loopback;
  }
}
