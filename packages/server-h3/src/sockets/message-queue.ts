/** A message of a WebSocket: text or bytes. */
export type Message = string | Uint8Array;

/** The connection that a queue pauses while it is full. */
export interface PausableSource {
  pause(): void;
  resume(): void;
}

const maxMessages = 16;
const maxBytes = 64 * 1024;
const done: IteratorResult<Message, undefined> = { done: true, value: undefined };

/**
 * Received messages of one socket that wait for its route, in order. The queue pauses its source at 16
 * messages or 64 KiB, and resumes it when it is empty. It still accepts what the source emits after
 * `pause()`.
 */
export class MessageQueue {
  /** For one reader. Ends when the queue is closed and empty, or when the reader stops. */
  readonly messages: AsyncIterable<Message>;
  readonly #source: PausableSource;
  #waiting: Message[] = [];
  #waitingBytes = 0;
  #pendingRead: ((result: IteratorResult<Message, undefined>) => void) | undefined;
  #isClosed = false;
  #isPaused = false;

  constructor(source: PausableSource) {
    this.#source = source;
    const iterator: AsyncIterableIterator<Message, undefined> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () => this.#next(),
      return: () => {
        this.discard();
        return Promise.resolve(done);
      },
    };
    this.messages = iterator;
  }

  push(message: Message): void {
    if (this.#isClosed) return;
    if (this.#pendingRead !== undefined) {
      this.#pendingRead({ done: false, value: message });
      this.#pendingRead = undefined;
      return;
    }
    this.#waiting.push(message);
    this.#waitingBytes += message.length;
    if (this.#waiting.length >= maxMessages || this.#waitingBytes >= maxBytes) this.#setPaused(true);
  }

  /** Accepts no further messages; those that wait can still be read. */
  close(): void {
    this.#isClosed = true;
    this.#pendingRead?.(done);
    this.#pendingRead = undefined;
  }

  /** Accepts no further messages, and drops those that wait. */
  discard(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.close();
    this.#setPaused(false);
  }

  #next(): Promise<IteratorResult<Message, undefined>> {
    const message = this.#waiting.shift();
    if (message !== undefined) {
      this.#waitingBytes -= message.length;
      if (this.#waiting.length === 0) this.#setPaused(false);
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#isClosed) return Promise.resolve(done);
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Message, undefined>>();
    this.#pendingRead = resolve;
    return promise;
  }

  #setPaused(paused: boolean): void {
    if (this.#isPaused === paused) return;
    this.#isPaused = paused;
    if (paused) this.#source.pause();
    else this.#source.resume();
  }
}
