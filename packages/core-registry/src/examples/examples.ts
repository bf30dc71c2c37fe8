import { LRUCache } from "lru-cache";
import type { Clock } from "../contracts/clock.ts";
import type { Json } from "../contracts/json.ts";
import { type ExamplesOptions, type SettledExamples, settleExamples } from "./options.ts";
import { sketch, sketchText } from "./sketch.ts";

/** An example of a call: plain data, redacted and cut. */
export interface CallExample {
  /** When it was called: ISO 8601. */
  readonly at: string;
  /** With what. */
  readonly params: Json;
  /** What was answered; absent where it failed. */
  readonly response?: Json;
  /** Why it failed. */
  readonly error?: string;
}

/** An example of an event: plain data, redacted and cut. */
export interface EventExample {
  /** When it was seen: ISO 8601. */
  readonly at: string;
  /** What it carried. */
  readonly payload: Json;
}

/** Where calls and events are seen. Both cost a look-up or less where no example is wanted. */
export interface ExampleRecorder {
  /** An action is called. The answer is listened to only where an example of it is wanted; it is not held up. */
  recordCall(action: string, params: unknown, answer: Promise<unknown>): void;
  /** An event was sent or delivered. */
  recordEvent(event: string, payload: unknown): void;
}

/** Examples of calls and events (S9.10): a sample, kept in bounded memory, nothing secret in it. */
export interface Examples extends ExampleRecorder {
  /** Of an action, newest first. */
  of(action: string): readonly CallExample[];
  /** Of an event, newest first. */
  ofEvent(event: string): readonly EventExample[];
  /** Drops what was not taken up, and takes nothing more. What is kept stays. */
  stop(): void;
}

/** What all examples take together: characters of JSON, the least recently seen go. */
const mostCharacters = 4 * 1024 * 1024;
/** An example that is longer than this is left out. */
const longestExample = 16 * 1024;
const longestError = 300;

interface Kept<Example> {
  readonly examples: readonly Example[];
  readonly characters: number;
}

/** Has seen nothing. */
export function createExamples(options: ExamplesOptions, clock: Clock): Examples {
  const settled = settleExamples(options);
  const { queueLimit, processIntervalSeconds } = settled;
  const calls = createShelf<CallExample>(settled.limitPerActions);
  const events = createShelf<EventExample>(settled.limitPerEvents);
  // Of which an example was taken in this interval: a busy action leaves room for the others.
  const seenActions = new Set<string>();
  const seenEvents = new Set<string>();
  let queue: (() => void)[] = [];
  let left = queueLimit;
  let endInterval: (() => void) | undefined;
  let endWait: (() => void) | undefined;
  let isStopped = false;

  const count = (): void => {
    left--;
    endInterval ??= clock.after(processIntervalSeconds * 1_000, () => {
      endInterval = undefined;
      left = queueLimit;
      seenActions.clear();
      seenEvents.clear();
    });
  };

  // Not in the turn that serves the request.
  const takeUp = (work: () => void): void => {
    if (isStopped || queue.length >= queueLimit) return;
    queue.push(work);
    endWait ??= clock.after(0, () => {
      endWait = undefined;
      const waiting = queue;
      queue = [];
      for (const one of waiting) one();
    });
  };

  return {
    recordCall(action, params, answer) {
      if (left <= 0 || seenActions.has(action)) return;
      seenActions.add(action);
      count();
      const at = clock.now();
      const keep = (outcome: () => Pick<CallExample, "response" | "error">): void =>
        takeUp(() => calls.add(action, { ...stamped(at), params: sketch(params, settled), ...outcome() }));
      answer.then(
        (response) => keep(() => ({ response: sketch(response, settled) })),
        (error: unknown) => keep(() => ({ error: errorText(error, settled) })),
      );
    },
    recordEvent(event, payload) {
      if (left <= 0 || seenEvents.has(event)) return;
      seenEvents.add(event);
      count();
      const at = clock.now();
      takeUp(() => events.add(event, { ...stamped(at), payload: sketch(payload, settled) }));
    },
    of: calls.of,
    ofEvent: events.of,
    stop() {
      isStopped = true;
      left = 0;
      queue = [];
      endWait?.();
      endInterval?.();
    },
  };
}

/** Keeps the newest of each name, and all of them within a number of characters. */
function createShelf<Example>(limit: number): {
  add(name: string, example: Example): void;
  of(name: string): readonly Example[];
} {
  const kept = new LRUCache<string, Kept<Example>>({
    maxSize: mostCharacters,
    sizeCalculation: ({ characters }, name) => characters + name.length + 1,
  });
  return {
    add(name, example) {
      const length = JSON.stringify(example).length;
      if (limit <= 0 || length > longestExample) return;
      const examples = [example, ...(kept.get(name)?.examples ?? [])].slice(0, limit);
      kept.set(name, { examples, characters: JSON.stringify(examples).length });
    },
    of: (name) => kept.peek(name)?.examples ?? [],
  };
}

function stamped(at: number): { readonly at: string } {
  return { at: new Date(at).toISOString() };
}

function errorText(error: unknown, settled: SettledExamples): string {
  const code = error instanceof Error && "code" in error ? `${String(error.code)}: ` : "";
  const message = error instanceof Error ? error.message : String(error);
  return sketchText(`${code}${message}`, settled, longestError);
}
