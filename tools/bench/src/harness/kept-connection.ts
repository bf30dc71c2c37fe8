import { once } from "node:events";
import { connect } from "node:net";
import { type Answer, readAnswer } from "./answer.ts";
import type { PlannedRequest } from "./benchmark.ts";
import { bytesOf } from "./request-bytes.ts";

/** One connection to a server on 127.0.0.1, which is kept: for requests one after another. */
export interface KeptConnection {
  /** Asks, and resolves with the whole answer. Rejects where the connection ends first. */
  answer(request: PlannedRequest): Promise<Answer>;
  /** Asks, and resolves when the right answer has come. Rejects where it is another. */
  ask(request: PlannedRequest): Promise<void>;
  /** Ends it. */
  close(): void;
}

/** Connects. */
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
