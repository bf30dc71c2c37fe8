import { once } from "node:events";
import { connect } from "node:net";

/** A client on one plain socket, which stays open: nothing of it belongs to the traced packages. */
export interface SocketClient {
  /** Sends a GET request and resolves with the answer's body. Rejects where the status is not 200. */
  get(path: string): Promise<string>;
  /** Closes the socket. */
  close(): void;
}

/** Connects to a server on 127.0.0.1. */
export async function connectClient(port: number): Promise<SocketClient> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let received = "";
  let pending: PromiseWithResolvers<string> | undefined;
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
    const body = bodyOf(received);
    if (body === undefined) return;
    if (received.startsWith("HTTP/1.1 200 ")) pending?.resolve(body);
    else pending?.reject(new Error(`Unexpected answer:\n${received}`));
    received = "";
  });
  const closed = (error?: Error): void =>
    pending?.reject(error ?? new Error("The server closed the socket."));
  socket.on("error", closed);
  socket.on("close", () => closed());
  return {
    get: (path) => {
      pending = Promise.withResolvers();
      socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
      return pending.promise;
    },
    close: () => void socket.destroy(),
  };
}

/** The body of an answer that has come as a whole; undefined before that. */
function bodyOf(received: string): string | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const [, length] = /^content-length: (\d+)/im.exec(received.slice(0, headEnd)) ?? [];
  if (length === undefined) throw new Error(`The answer has no content-length:\n${received}`);
  const body = received.slice(headEnd + 4);
  return body.length < Number(length) ? undefined : body;
}
