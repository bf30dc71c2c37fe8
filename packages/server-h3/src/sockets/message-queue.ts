/** A message of a WebSocket: text or bytes. */
export type Message = string | Uint8Array;

/**
 * Received messages that wait for the route, in order. While the queue is full, the connection is not read.
 */
export interface MessageQueue {
  /** For one reader. Ends when the queue is closed and empty, or when the reader stops. */
  readonly messages: AsyncIterable<Message>;
  push(message: Message): void;
  /** Accepts no further messages; those that wait can still be read. */
  close(): void;
  /** Accepts no further messages, and drops those that wait. */
  discard(): void;
}

/** The connection that a queue pauses while it is full. */
export interface PausableSource {
  pause(): void;
  resume(): void;
}

const maxMessages = 16;
const maxBytes = 64 * 1024;
const done: IteratorResult<Message, undefined> = { done: true, value: undefined };

/**
 * Makes the queue of one socket. It pauses the source at 16 messages or 64 KiB, and resumes it when it is
 * empty; messages that the source emits after `pause()` are still queued.
 */
export function createMessageQueue(source: PausableSource): MessageQueue {
  let waiting: Message[] = [];
  let bytes = 0;
  let pendingRead: ((result: IteratorResult<Message, undefined>) => void) | undefined;
  let isClosed = false;
  let isPaused = false;

  const setPaused = (paused: boolean): void => {
    if (isPaused === paused) return;
    isPaused = paused;
    if (paused) source.pause();
    else source.resume();
  };
  const push = (message: Message): void => {
    if (isClosed) return;
    if (pendingRead !== undefined) {
      pendingRead({ done: false, value: message });
      pendingRead = undefined;
      return;
    }
    waiting.push(message);
    bytes += message.length;
    if (waiting.length >= maxMessages || bytes >= maxBytes) setPaused(true);
  };
  const next = (): Promise<IteratorResult<Message, undefined>> => {
    const message = waiting.shift();
    if (message !== undefined) {
      bytes -= message.length;
      if (waiting.length === 0) setPaused(false);
      return Promise.resolve({ done: false, value: message });
    }
    if (isClosed) return Promise.resolve(done);
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Message, undefined>>();
    pendingRead = resolve;
    return promise;
  };
  const close = (): void => {
    isClosed = true;
    pendingRead?.(done);
    pendingRead = undefined;
  };
  const discard = (): void => {
    waiting = [];
    bytes = 0;
    close();
    setPaused(false);
  };
  const iterator: AsyncIterableIterator<Message, undefined> = {
    [Symbol.asyncIterator]: () => iterator,
    next,
    return: () => {
      discard();
      return Promise.resolve(done);
    },
  };
  return { messages: iterator, push, close, discard };
}
