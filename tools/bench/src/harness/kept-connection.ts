import { once } from "node:events";
import { connect } from "node:net";
import type { PlannedRequest } from "./benchmark.ts";
import { type Answer, bytesOf, readAnswer } from "./http.ts";

/** A persistent connection to a server on 127.0.0.1, for one request at a time. */
export interface KeptConnection {
  /** Sends a request and resolves with the response. Rejects if the connection ends first. */
  answer(request: PlannedRequest): Promise<Answer>;
  /** Sends a request. Rejects if the response is not the expected one. */
  ask(request: PlannedRequest): Promise<void>;
  close(): void;
}

/** Opens a connection to a port of 127.0.0.1. */
export async function keepConnection(port: number): Promise<KeptConnection> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let waiting: PromiseWithResolvers<Answer> | undefined;
  let pending: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const whole = readAnswer(pending);
    if (whole === undefined) return;
    pending = Buffer.alloc(0);
    waiting?.resolve(whole);
  });
  const ended = (error?: Error): void => waiting?.reject(error ?? new Error("The connection ended."));
  socket.on("error", ended);
  socket.on("close", () => ended());

  const answer = (request: PlannedRequest): Promise<Answer> => {
    waiting = Promise.withResolvers<Answer>();
    if (socket.destroyed) ended();
    else socket.write(bytesOf(request));
    return waiting.promise;
  };
  return {
    answer,
    ask: async (request) => {
      const { status, body } = await answer(request);
      const { method, path, expected } = request;
      if (status === expected.status && body.toString() === expected.body) return;
      throw new Error(`${method} ${path}: ${status} ${body.toString("utf8", 0, 200)}`);
    },
    close: () => void socket.destroy(),
  };
}
