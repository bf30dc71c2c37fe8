import { type Clock, type Socket, TidegateError } from "@tidegate/core-registry";
import type { RawData, WebSocket } from "ws";
import { cutReason, isCloseCode } from "./closing.ts";
import { createInbox, type Inbox, type Message } from "./inbox.ts";

/** What a socket is kept with. */
export interface SocketInput {
  /** How many bytes may wait for a slow reader. */
  readonly maxBufferedBytes: number;
  /** Time. */
  readonly clock: Clock;
}

/** How a socket was closed. */
type Closed = Awaited<Socket["closed"]>;

/** From here on a sender waits. */
const highWaterBytes = 64 * 1024;
/** How long the other end may take to agree to a close. */
const closeMs = 2_000;

/** An open WebSocket as the server carries it. It is over as soon as either end begins to close it. */
export class ServerSocket implements Socket {
  /** The subprotocol that was agreed on, or empty. */
  readonly protocol: string;
  /** Messages in order; while nobody takes them the connection is not read. */
  readonly messages: AsyncIterable<Message>;
  /** Resolves when it is over. */
  readonly closed: Promise<Closed>;
  /** Resolves when the connection is gone as well. */
  readonly gone: Promise<void>;
  readonly #ws: WebSocket;
  readonly #input: SocketInput;
  readonly #inbox: Inbox;
  readonly #over: (closed: Closed) => void;
  #isOver = false;
  #heard = true;
  #senders: (() => void)[] = [];
  #stopTimer: (() => void) | undefined;

  /** @param ws open, and not read by anybody else */
  constructor(ws: WebSocket, input: SocketInput) {
    this.#ws = ws;
    this.#input = input;
    this.protocol = ws.protocol;
    this.#inbox = createInbox(ws);
    this.messages = this.#inbox.messages;
    const closed = Promise.withResolvers<Closed>();
    this.closed = closed.promise;
    this.#over = closed.resolve;
    const gone = Promise.withResolvers<void>();
    this.gone = gone.promise;
    ws.on("message", (data, isBinary) => this.#inbox.put(readMessage(data, isBinary)));
    ws.on("pong", () => {
      this.#heard = true;
    });
    // A broken frame: ws closes with the code that it deserves.
    ws.on("error", ({ message }) => this.#end({ code: 1006, reason: message }));
    ws.on("close", (code, reason) => {
      this.#end({ code, reason: reason.toString("utf8") });
      this.#stopTimer?.();
      gone.resolve();
    });
  }

  /** Whether either end has dispatched to close it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends; resolves when at most 64 KiB wait. Rejects with `CANCELLED` when it is closed, `SLOW_CONSUMER` when that closes it. */
  send(message: Message): Promise<void> {
    if (this.#isOver || this.#ws.readyState !== this.#ws.OPEN)
      return refused(new TidegateError("CANCELLED", "The socket is closed."));
    if (this.#ws.bufferedAmount > this.#input.maxBufferedBytes) {
      const slow = new TidegateError("SLOW_CONSUMER");
      this.close(1013, slow.message);
      return refused(slow);
    }
    this.#ws.send(message, { binary: typeof message !== "string" }, this.#flushed);
    if (this.#ws.bufferedAmount <= highWaterBytes) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#senders.push(resolve);
    return promise.then(() => {
      if (this.#isOver) throw new TidegateError("CANCELLED", "The socket is closed.");
    });
  }

  /** Asks whether the other end lives. */
  ping(): void {
    if (!this.#isOver) this.#ws.ping();
  }

  /** Closes: with 1011 where the code cannot be sent, the reason cut to 123 bytes. What came and was not taken is not wanted any more. */
  close(code: number, reason: string): void {
    if (this.#isOver) return;
    const closed = { code: isCloseCode(code) ? code : 1011, reason: cutReason(reason) };
    this.#ws.close(closed.code, closed.reason);
    this.#inbox.discard();
    this.#end(closed);
  }

  /** Once per idle time: asks whether the other end lives, and cuts the connection where the last question was not answered. */
  beat(): void {
    if (this.#isOver) return;
    // An answer cannot be seen while the connection is not read; where it is broken, writing shows it.
    if (!this.#heard && !this.#ws.isPaused) {
      this.#ws.terminate();
      return;
    }
    this.#heard = false;
    this.#ws.ping();
  }

  readonly #flushed = (): void => {
    if (!this.#isOver && this.#ws.bufferedAmount > highWaterBytes) return;
    const senders = this.#senders;
    this.#senders = [];
    for (const release of senders) release();
  };

  #end(closed: Closed): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#ws.readyState !== this.#ws.CLOSED)
      this.#stopTimer = this.#input.clock.after(closeMs, () => this.#ws.terminate());
    this.#inbox.close();
    this.#over(closed);
    this.#flushed();
  }
}

function readMessage(data: RawData, isBinary: boolean): Message {
  const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
  return isBinary ? bytes : bytes.toString("utf8");
}

/** Who does not wait for a message to be sent need not hear that it was not. */
function refused(error: TidegateError): Promise<void> {
  const rejected = Promise.reject<void>(error);
  rejected.catch(() => undefined);
  return rejected;
}
