import { type Clock, type Socket, TidegateError } from "@tidegate/core-registry";
import type { RawData, WebSocket } from "ws";
import { type Message, MessageQueue } from "./message-queue.ts";

/** Limits and clock of an open socket. */
export interface SocketInput {
  /** How many sent bytes can wait for a slow reader. */
  readonly maxBufferedBytes: number;
  readonly clock: Clock;
}

type Closed = Awaited<Socket["closed"]>;

/** While more bytes than this wait, `send` waits. */
const highWaterBytes = 64 * 1024;
/** How long the client can take to answer a close frame. */
const closeTimeoutMs = 2_000;
/** Maximum size of the reason in a close frame (RFC 6455, 5.5.1). */
const maxReasonBytes = 123;

/** An open WebSocket. It counts as closed as soon as either end starts the closing handshake. */
export class ServerSocket implements Socket {
  readonly protocol: string;
  readonly messages: AsyncIterable<Message>;
  readonly closed: Promise<Closed>;
  /** Resolves when the connection is closed, too. */
  readonly disconnected: Promise<void>;
  readonly #ws: WebSocket;
  readonly #input: SocketInput;
  readonly #queue: MessageQueue;
  readonly #resolveClosed: (closed: Closed) => void;
  #isClosed = false;
  #isPongReceived = true;
  #waitingSenders: (() => void)[] = [];
  #stopTimer: (() => void) | undefined;

  /** @param ws open, without other readers */
  constructor(ws: WebSocket, input: SocketInput) {
    this.#ws = ws;
    this.#input = input;
    this.protocol = ws.protocol;
    this.#queue = new MessageQueue(ws);
    this.messages = this.#queue.messages;
    const closed = Promise.withResolvers<Closed>();
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    const disconnected = Promise.withResolvers<void>();
    this.disconnected = disconnected.promise;
    ws.on("message", (data, isBinary) => this.#queue.push(readMessage(data, isBinary)));
    ws.on("pong", () => {
      this.#isPongReceived = true;
    });
    // After an invalid frame, ws closes the connection with the right code itself.
    ws.on("error", ({ message }) => this.#end({ code: 1006, reason: message }));
    ws.on("close", (code, reason) => {
      this.#end({ code, reason: reason.toString("utf8") });
      this.#stopTimer?.();
      disconnected.resolve();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Resolves when at most 64 KiB wait to be sent. Rejects with `CANCELLED` where the socket is closed, and
   * with `SLOW_CONSUMER` where it is closed because more than `maxBufferedBytes` wait.
   */
  send(message: Message): Promise<void> {
    if (this.#isClosed || this.#ws.readyState !== this.#ws.OPEN)
      return handledRejection(new TidegateError("CANCELLED", "The socket is closed."));
    if (this.#ws.bufferedAmount > this.#input.maxBufferedBytes) {
      const slow = new TidegateError("SLOW_CONSUMER");
      this.close(1013, slow.message);
      return handledRejection(slow);
    }
    this.#ws.send(message, { binary: typeof message !== "string" }, this.#releaseSenders);
    if (this.#ws.bufferedAmount <= highWaterBytes) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waitingSenders.push(resolve);
    return promise.then(() => {
      if (this.#isClosed) throw new TidegateError("CANCELLED", "The socket is closed.");
    });
  }

  ping(): void {
    if (!this.#isClosed) this.#ws.ping();
  }

  /**
   * Closes the socket: with 1011 where the code cannot be sent, and with the reason cut to 123 bytes.
   * Received messages that the route has not read are dropped.
   */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    const closed = { code: isCloseCode(code) ? code : 1011, reason: truncateReason(reason) };
    this.#ws.close(closed.code, closed.reason);
    this.#queue.discard();
    this.#end(closed);
  }

  /** Called once per idle time: pings the client, or disconnects it where the last ping was not answered. */
  checkAlive(): void {
    if (this.#isClosed) return;
    // A paused connection cannot receive a pong. If it is broken, writing to it fails.
    if (!this.#isPongReceived && !this.#ws.isPaused) {
      this.#ws.terminate();
      return;
    }
    this.#isPongReceived = false;
    this.#ws.ping();
  }

  readonly #releaseSenders = (): void => {
    if (!this.#isClosed && this.#ws.bufferedAmount > highWaterBytes) return;
    const senders = this.#waitingSenders;
    this.#waitingSenders = [];
    for (const release of senders) release();
  };

  #end(closed: Closed): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#ws.readyState !== this.#ws.CLOSED)
      this.#stopTimer = this.#input.clock.after(closeTimeoutMs, () => this.#ws.terminate());
    this.#queue.close();
    this.#resolveClosed(closed);
    this.#releaseSenders();
  }
}

function readMessage(data: RawData, isBinary: boolean): Message {
  const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
  return isBinary ? bytes : bytes.toString("utf8");
}

/** A rejection that does not count as unhandled, because a route does not have to wait for `send`. */
function handledRejection(error: TidegateError): Promise<void> {
  const rejected = Promise.reject<void>(error);
  rejected.catch(() => undefined);
  return rejected;
}

/** Whether an endpoint can close with a code (RFC 6455, 7.4, and the IANA registry). */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** Cuts the reason of a close to the 123 bytes that fit into its frame, between two characters. */
export function truncateReason(reason: string): string {
  const wellFormed = reason.toWellFormed();
  const bytes = Buffer.from(wellFormed);
  if (bytes.length <= maxReasonBytes) return wellFormed;
  let end = maxReasonBytes;
  // Bytes of the form 10xxxxxx continue a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
