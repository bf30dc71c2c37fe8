import { LRUCache } from "lru-cache";
import type { Clock } from "../contracts/clock.ts";
import type { Json } from "../contracts/json.ts";
import { omitted, redactValue } from "./redact.ts";
import { truncate, truncateText } from "./truncate.ts";

/** An example of a call: plain data, redacted and truncated. */
export interface CallExample {
  /** The time of the call, ISO 8601. */
  readonly at: string;
  readonly params: Json;
  /** Absent where the call failed. */
  readonly response?: Json;
  /** The code and message, where the call failed. */
  readonly error?: string;
}

/** An example of an event: plain data, redacted and truncated. */
export interface EventExample {
  /** The time at which it was sent or delivered, ISO 8601. */
  readonly at: string;
  readonly payload: Json;
}

/** Records calls and events. Where no example is needed, recording costs at most one look-up. */
export interface ExampleRecorder {
  /** Records a call of an action. Does not delay or handle the response. */
  recordCall(action: string, params: unknown, response: Promise<unknown>): void;
  /** Records a sent or delivered event. */
  recordEvent(event: string, payload: unknown): void;
}

/** Examples of calls and events (S9.10): a sample in bounded memory, without secrets. */
export interface Examples extends ExampleRecorder {
  /** The examples of an action, newest first. */
  of(action: string): readonly CallExample[];
  /** The examples of an event, newest first. */
  ofEvent(event: string): readonly EventExample[];
  /** Discards queued examples and records no more. Stored examples stay. */
  stop(): void;
}

/** The options of recording examples (S9.10). */
export interface ExamplesOptions {
  /**
   * The interval, in seconds, in which at most one example of each action and event is recorded. Default 5.
   */
  readonly processIntervalSeconds?: number;
  /**
   * The maximum number of examples per interval, and of queued examples. 0: none are recorded. Default 50.
   */
  readonly queueLimit?: number;
  /** The maximum number of examples per action; a new one replaces the oldest. 0: none. Default 10. */
  readonly limitPerActions?: number;
  /** The maximum number of examples per event; a new one replaces the oldest. 0: none. Default 10. */
  readonly limitPerEvents?: number;
  /** Replaces a stream, a file or bytes. Default `*STREAM*`. */
  readonly streamNotation?: string;
  /** Marks the end of a truncated text, and replaces omitted members and items. Default `*OMITTED*`. */
  readonly omittedNotation?: string;
  /** The length to which texts are truncated, in characters. Default 100. */
  readonly omittedLimit?: number;
  /** Replaces a secret. Default `*REDACTED*`. */
  readonly redactedNotation?: string;
  /**
   * Patterns of member names whose values are secret, in addition to password, secret, credential, key,
   * token, authorization and cookie. Default none.
   */
  readonly redactedParamNameRegExps?: readonly RegExp[];
}

/** The options with all defaults. */
export type ResolvedExamplesOptions = Required<ExamplesOptions>;

/** Adds the defaults to options. */
export function withDefaults(options: ExamplesOptions): ResolvedExamplesOptions {
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

/** Creates an empty store of examples. */
export function createExamples(options: ExamplesOptions, clock: Clock): Examples {
  return new SampledExamples(withDefaults(options), clock);
}

/**
 * Records at most one example of each action and event per interval, so that a frequent action leaves room
 * for others. The examples are truncated and stored after the turn of the event loop that serves the request.
 */
class SampledExamples implements Examples {
  readonly #options: ResolvedExamplesOptions;
  readonly #clock: Clock;
  readonly #calls: ExampleStore<CallExample>;
  readonly #events: ExampleStore<EventExample>;
  /** The actions and events of which an example was recorded in this interval. */
  readonly #recordedActions = new Set<string>();
  readonly #recordedEvents = new Set<string>();
  #queue: (() => void)[] = [];
  /** The number of examples that can still be recorded in this interval. */
  #left: number;
  #cancelInterval: (() => void) | undefined;
  #cancelQueue: (() => void) | undefined;
  #isStopped = false;

  constructor(options: ResolvedExamplesOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#calls = new ExampleStore(options.limitPerActions);
    this.#events = new ExampleStore(options.limitPerEvents);
    this.#left = options.queueLimit;
  }

  recordCall(action: string, params: unknown, response: Promise<unknown>): void {
    if (this.#left <= 0 || this.#recordedActions.has(action)) return;
    this.#recordedActions.add(action);
    this.#count();
    const at = this.#clock.now();
    const store = (result: () => Pick<CallExample, "response" | "error">): void =>
      this.#enqueue(() =>
        this.#calls.add(action, { ...timestamp(at), params: truncate(params, this.#options), ...result() }),
      );
    response.then(
      (value) => store(() => ({ response: truncate(value, this.#options) })),
      (error: unknown) => store(() => ({ error: errorText(error, this.#options) })),
    );
  }

  recordEvent(event: string, payload: unknown): void {
    if (this.#left <= 0 || this.#recordedEvents.has(event)) return;
    this.#recordedEvents.add(event);
    this.#count();
    const at = this.#clock.now();
    this.#enqueue(() =>
      this.#events.add(event, { ...timestamp(at), payload: truncate(payload, this.#options) }),
    );
  }

  of(action: string): readonly CallExample[] {
    return this.#calls.of(action);
  }

  ofEvent(event: string): readonly EventExample[] {
    return this.#events.of(event);
  }

  stop(): void {
    this.#isStopped = true;
    this.#left = 0;
    this.#queue = [];
    this.#cancelQueue?.();
    this.#cancelInterval?.();
  }

  #count(): void {
    this.#left--;
    this.#cancelInterval ??= this.#clock.after(this.#options.processIntervalSeconds * 1_000, () => {
      this.#cancelInterval = undefined;
      this.#left = this.#options.queueLimit;
      this.#recordedActions.clear();
      this.#recordedEvents.clear();
    });
  }

  #enqueue(work: () => void): void {
    if (this.#isStopped || this.#queue.length >= this.#options.queueLimit) return;
    this.#queue.push(work);
    this.#cancelQueue ??= this.#clock.after(0, () => {
      this.#cancelQueue = undefined;
      const queue = this.#queue;
      this.#queue = [];
      for (const each of queue) each();
    });
  }
}

/**
 * The maximum size of all examples together, in characters of JSON. The least recently recorded names are
 * evicted.
 */
const maxCharacters = 4 * 1024 * 1024;
/** Longer examples are not stored. */
const maxExampleLength = 16 * 1024;

interface StoredExamples<Example> {
  readonly examples: readonly Example[];
  readonly characters: number;
}

/** Stores the newest examples of each name. */
class ExampleStore<Example> {
  readonly #limit: number;
  readonly #byName = new LRUCache<string, StoredExamples<Example>>({
    maxSize: maxCharacters,
    sizeCalculation: ({ characters }, name) => characters + name.length + 1,
  });

  /** @param limit the maximum number of examples of one name */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(name: string, example: Example): void {
    if (this.#limit <= 0 || JSON.stringify(example).length > maxExampleLength) return;
    const examples = [example, ...(this.#byName.get(name)?.examples ?? [])].slice(0, this.#limit);
    this.#byName.set(name, { examples, characters: JSON.stringify(examples).length });
  }

  of(name: string): readonly Example[] {
    return this.#byName.peek(name)?.examples ?? [];
  }
}

function timestamp(at: number): { readonly at: string } {
  return { at: new Date(at).toISOString() };
}

const maxErrorLength = 300;

function errorText(error: unknown, options: ResolvedExamplesOptions): string {
  const code = error instanceof Error && "code" in error ? `${String(error.code)}: ` : "";
  const message = error instanceof Error ? error.message : String(error);
  return truncateText(`${code}${message}`, options, maxErrorLength);
}
