import { LRUCache } from "lru-cache";
import type { Clock } from "../contracts/clock.ts";
import type { Json } from "../contracts/json.ts";
import { isSecretName, omitted, redactText, redactValue } from "./redact.ts";
import { isOpaque } from "./values.ts";

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

/** How examples of calls and events are kept (S9.10). */
export interface ExamplesOptions {
  /** Seconds in which at most `queueLimit` examples are taken, one of each action and event. Default 5. */
  readonly processIntervalSeconds?: number;
  /** How many examples are taken within the interval, and wait at the most. 0: none are taken. Default 50. */
  readonly queueLimit?: number;
  /** The most examples that are kept of one action; the oldest goes. 0: none. Default 10. */
  readonly limitPerActions?: number;
  /** The most examples that are kept of one event; the oldest goes. 0: none. Default 10. */
  readonly limitPerEvents?: number;
  /** Stands for a stream, a file or bytes. Default `*STREAM*`. */
  readonly streamNotation?: string;
  /** Ends a text that was cut, and stands for what was left out of a list or an object. Default `*OMITTED*`. */
  readonly omittedNotation?: string;
  /** Texts longer than this are cut: characters. Default 100. */
  readonly omittedLimit?: number;
  /** Stands for what is secret. Default `*REDACTED*`. */
  readonly redactedNotation?: string;
  /**
   * Names of members whose values are secret, beside those that always are: password, secret, credential, key, token,
   * authorization, cookie. Default none.
   */
  readonly redactedParamNameRegExps?: readonly RegExp[];
}

/** The same with every default filled in. */
export type SettledExamples = Required<ExamplesOptions>;

/** Fills in the defaults. */
export function settleExamples(options: ExamplesOptions): SettledExamples {
  return {
    processIntervalSeconds: 5,
    queueLimit: 50,
    limitPerActions: 10,
    limitPerEvents: 10,
    streamNotation: "*STREAM*",
    omittedNotation: omitted,
    omittedLimit: 100,
    redactedNotation: redactValue,
    redactedParamNameRegExps: [],
    ...options,
  };
}

const deepest = 8;
const mostMembers = 50;
const mostItems = 10;
const mostValues = 500;
const longestName = 100;

/** What may still be written of one example. */
interface Budget {
  values: number;
}

/**
 * A value as an example shows it: a bounded copy as plain data, without what is secret, with long texts cut, and with streams,
 * files and bytes by their notation (S9.10). Never throws.
 */
export function sketch(value: unknown, options: SettledExamples): Json {
  try {
    return draw(value, options, 0, { values: mostValues });
  } catch {
    // A getter or a proxy of the service's own.
    return options.omittedNotation;
  }
}

/** A text as an example shows it. */
export function sketchText(
  text: string,
  options: SettledExamples,
  longest: number = options.omittedLimit,
): string {
  const { redactedNotation, omittedNotation, redactedParamNameRegExps } = options;
  return redactText(
    text,
    longest,
    { redacted: redactedNotation, omitted: omittedNotation },
    redactedParamNameRegExps,
  );
}

function draw(value: unknown, options: SettledExamples, depth: number, budget: Budget): Json {
  if (typeof value === "string") return sketchText(value, options);
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return String(value);
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return options.omittedNotation;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (isWrittenFile(value) || isOpaque(value)) return options.streamNotation;
  if (depth >= deepest) return options.omittedNotation;
  return Array.isArray(value)
    ? drawItems(value, options, depth, budget)
    : drawMembers(value, options, depth, budget);
}

function drawItems(items: readonly unknown[], options: SettledExamples, depth: number, budget: Budget): Json {
  const drawn: Json[] = [];
  for (const item of items) {
    if (drawn.length >= mostItems || budget.values-- <= 0) return [...drawn, options.omittedNotation];
    drawn.push(draw(item, options, depth + 1, budget));
  }
  return drawn;
}

function drawMembers(value: object, options: SettledExamples, depth: number, budget: Budget): Json {
  const drawn: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined || typeof member === "function") continue;
    if (drawn.length >= mostMembers || budget.values-- <= 0) {
      drawn.push([options.omittedNotation, options.omittedNotation]);
      break;
    }
    const isHidden = member !== null && isSecretName(key, options.redactedParamNameRegExps);
    drawn.push([
      sketchText(key, options, longestName),
      isHidden ? options.redactedNotation : draw(member, options, depth + 1, budget),
    ]);
  }
  return Object.fromEntries(drawn);
}

// A file below the root of the params travels as text (S8); Buffers that became JSON look alike.
function isWrittenFile(value: object): boolean {
  if ("buffer" in value && "mimetype" in value) return true;
  return "type" in value && value.type === "Buffer" && "data" in value;
}
