/** What comes out of a WebSocket. */
export type Message = string | Uint8Array;

/** Messages that came and were not taken yet: in order, and bounded, for the connection is not read meanwhile. */
export interface Inbox {
  /** Gives them; for one taker. Over when the inbox is closed and empty, or the taker left. */
  readonly messages: AsyncIterable<Message>;
  /** Puts one in. */
  put(message: Message): void;
  /** Nothing more comes; what is there is still given. */
  close(): void;
  /** Nothing more comes, and what is there is not wanted any more. */
  discard(): void;
}

/** What an inbox holds back. */
export interface Flow {
  /** Stops reading. */
  pause(): void;
  /** Reads on. */
  resume(): void;
}

const mostMessages = 16;
const mostBytes = 64 * 1024;
const done: IteratorResult<Message, undefined> = { done: true, value: undefined };

/** Makes an inbox that lets at most 16 messages or 64 KiB wait, and what was read together with the last of them. */
export function createInbox(flow: Flow): Inbox {
  let waiting: Message[] = [];
  let bytes = 0;
  let taker: ((result: IteratorResult<Message, undefined>) => void) | undefined;
  let isClosed = false;
  let isPaused = false;

  const setPaused = (paused: boolean): void => {
    if (isPaused === paused) return;
    isPaused = paused;
    if (paused) flow.pause();
    else flow.resume();
  };
  const close = (): void => {
    isClosed = true;
    taker?.(done);
    taker = undefined;
  };
  const discard = (): void => {
    waiting = [];
    bytes = 0;
    close();
    setPaused(false);
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
    taker = resolve;
    return promise;
  };
  const iterator: AsyncIterableIterator<Message, undefined> = {
    [Symbol.asyncIterator]: () => iterator,
    next,
    return: () => {
      discard();
      return Promise.resolve(done);
    },
  };

  return {
    messages: iterator,
    put(message) {
      if (isClosed) return;
      if (taker !== undefined) {
        taker({ done: false, value: message });
        taker = undefined;
        return;
      }
      waiting.push(message);
      bytes += message.length;
      if (waiting.length >= mostMessages || bytes >= mostBytes) setPaused(true);
    },
    close,
    discard,
  };
}
