import { once } from "node:events";
import { createServer } from "node:net";

/** How many ports are tried before giving up. */
const attempts = 50;

/**
 * The first port from `from` on that nobody on 127.0.0.1 listens on. Default `from`: somewhere below the ports that the
 * system gives to clients.
 * @throws where 50 ports in a row are taken
 */
export async function freePort(from: number = 20_000 + Math.floor(Math.random() * 12_000)): Promise<number> {
  for (let port = from; port < from + attempts; port++) if (await isFree(port)) return port;
  throw new Error(`The ports ${from} to ${from + attempts - 1} are all taken.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: "127.0.0.1", port, exclusive: true }), "listening");
    await once(server.close(), "close");
    return true;
  } catch {
    return false;
  }
}
