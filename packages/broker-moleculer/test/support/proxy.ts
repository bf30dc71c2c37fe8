import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy whose connections a test can take away. */
export interface Proxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Closes all connections, and refuses new ones. */
  lose(): Promise<void>;
  /** Accepts connections again, on the same port. */
  restore(): Promise<void>;
}

/** Starts a proxy in front of a port of 127.0.0.1. */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((client) => {
      const upstream = connect(target, "127.0.0.1");
      keep(client);
      keep(upstream);
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
    await once(server.listen(port, "127.0.0.1"), "listening");
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    lose: async () => {
      const closed = server.listening ? once(server.close(), "close") : undefined;
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    restore: async () => {
      server = await listen(port);
    },
  };
}
