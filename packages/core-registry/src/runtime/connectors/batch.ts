import DataLoader from "dataloader";
import { type ErrorDetails, TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import { plainKey } from "../values.ts";

/** How an action is called with batches of entries. */
export interface BatchCaller {
  readonly action: string;
  /** The maximum number of entries of one call. */
  readonly limit: number;
  /** Calls the action. Resolves with a result or an error for each entry, in order. */
  call(scope: Scope, params: unknown, entries: number): Promise<readonly unknown[]>;
}

/** The params of one entry: the values that differ, and those that the entries of a batch share. */
interface BatchEntry {
  /** Names of the batched params, sorted. */
  readonly names: readonly string[];
  /** Their values, in the order of the names. */
  readonly values: readonly unknown[];
  /** The params that all entries of the batch share. */
  readonly common: Readonly<Record<string, unknown>>;
}

/**
 * Calls an action with one entry of a batch (S5.4). Reserves a place in the batch before `prepare` runs, so
 * that an `if` or a policy that takes time does not split the batch. An entry that is denied fails alone.
 *
 * @param names the batched params, sorted
 * @param prepare returns the entry's params, or undefined where nothing is called; throws or rejects where it
 * is denied
 * @returns the params and the response; undefined where nothing was called
 */
export async function callInBatch(
  scope: Scope,
  caller: BatchCaller,
  names: readonly string[],
  prepare: () => unknown,
): Promise<{ readonly params: unknown; readonly response: unknown } | undefined> {
  const place = reservePlace(scope, caller);
  let loading: Promise<unknown> | undefined;
  let params: unknown;
  try {
    params = await prepare();
    const entry = entryOf(params, names);
    loading = entry === undefined ? undefined : place.load(entry);
  } finally {
    place.release();
  }
  return loading === undefined ? undefined : { params, response: await loading };
}

function entryOf(params: unknown, names: readonly string[]): BatchEntry | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  const common: Record<string, unknown> = { ...params };
  const values = names.map((name) => {
    const value = common[name];
    delete common[name];
    return value;
  });
  return values.every((value) => value === undefined) ? undefined : { names, values, common };
}

/** The batches of one request, by action. */
interface RequestBatches {
  actions: Map<string, ActionBatches>;
}

const batchesKey = {};
const batchesOf = (scope: Scope): RequestBatches => scope.memo(batchesKey, () => ({ actions: new Map() }));

/**
 * Starts new batches in a request: later entries do not join earlier batches, and do not use their cached
 * results. GraphQL calls it before each serial mutation field (S5.4).
 */
export function resetBatches(scope: Scope): void {
  batchesOf(scope).actions = new Map();
}

/** A reserved place: the batch is not sent before the place is released. */
interface BatchPlace {
  /** Adds the entry to the batch. Resolves with the entry's result. Equal entries share one result. */
  load(entry: BatchEntry): Promise<unknown>;
  /** Called once, after `load` or instead of it. */
  release(): void;
}

function reservePlace(scope: Scope, caller: BatchCaller): BatchPlace {
  const { actions } = batchesOf(scope);
  let batches = actions.get(caller.action);
  if (batches === undefined) {
    batches = new ActionBatches(scope, caller);
    actions.set(caller.action, batches);
  }
  return batches.reserve();
}

/** Identifies an entry in a loader. */
interface EntryKey {
  readonly id: string | symbol;
  readonly values: readonly unknown[];
}

type Loader = DataLoader<EntryKey, unknown, EntryKey["id"]>;

/** The batches of one action: one loader for all entries with equal common params. */
class ActionBatches {
  readonly #scope: Scope;
  readonly #caller: BatchCaller;
  readonly #loaders = new Map<string, Loader>();
  #waiting: (() => void)[] = [];
  #reserved = 0;
  #isScheduled = false;

  constructor(scope: Scope, caller: BatchCaller) {
    this.#scope = scope;
    this.#caller = caller;
  }

  reserve(): BatchPlace {
    this.#reserved++;
    return {
      // A value that JSON cannot represent has no text to compare, so it equals no other entry.
      load: (entry) =>
        this.#loaderOf(entry).load({ id: plainKey(entry.values) ?? Symbol(), values: entry.values }),
      release: () => {
        this.#reserved--;
        this.#schedule();
      },
    };
  }

  #loaderOf({ names, common }: BatchEntry): Loader {
    const key = plainKey([names, Object.entries(common).sort(byName)]);
    const existing = key === undefined ? undefined : this.#loaders.get(key);
    if (existing !== undefined) return existing;
    const callBatch = (keys: readonly EntryKey[]): Promise<readonly unknown[]> => {
      const params: Record<string, unknown> = { ...common };
      for (const [index, name] of names.entries())
        params[name] = keys.map(({ values }) => values[index] ?? null);
      return this.#caller.call(this.#scope, params, keys.length);
    };
    const loader: Loader = new DataLoader(callBatch, {
      maxBatchSize: this.#caller.limit,
      cacheKeyFn: ({ id }) => id,
      batchScheduleFn: (send) => {
        this.#waiting.push(send);
        this.#schedule();
      },
    });
    if (key !== undefined) this.#loaders.set(key, loader);
    return loader;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    afterPromiseJobs(() => this.#send());
  }

  #send(): void {
    this.#isScheduled = false;
    if (this.#reserved > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const send of waiting) send();
  }
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

// The same moment as that of dataloader's own schedule: after all settled promises, before any I/O.
function afterPromiseJobs(job: () => void): void {
  void Promise.resolve().then(() => process.nextTick(job));
}

/**
 * Checks the response to a batch, and converts the entries that describe an error to errors (S5.4).
 * @returns a result or an error for each entry, in order
 * @throws {TidegateError} `REPLY_INVALID` where the response is not a list with one item for each entry
 */
export function batchAnswers(response: unknown, entries: number, action: string): unknown[] {
  if (Array.isArray(response) && response.length === entries)
    return response.map((item: unknown) => entryError(item, action) ?? item);
  throw new TidegateError(
    "REPLY_INVALID",
    `${action} must return a list of ${entries} items for a batch of ${entries}, but it returned ${describe(response)}.`,
  );
}

function describe(response: unknown): string {
  if (Array.isArray(response)) return `a list of ${response.length}`;
  if (response === null || response === undefined) return "nothing";
  return typeof response === "object" ? "an object" : `a ${typeof response}`;
}

// The service declares that the item is an error, so it is treated as an error that the service threw.
function entryError(item: unknown, action: string): TidegateError | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { isBatchError, batchingError, message, code, type, data } = item as Readonly<
    Record<string, unknown>
  >;
  if (isBatchError !== true && batchingError !== true) return undefined;
  const text = typeof message === "string" && message !== "" ? message : `${action} failed for this entry.`;
  return new TidegateError("SERVICE_ERROR", text, {
    cause: item,
    ...statusOf(code),
    ...serviceCodeOf(type ?? code),
    ...(data === undefined ? {} : { data }),
  });
}

function statusOf(code: unknown): Pick<ErrorDetails, "status"> {
  const isStatus = typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599;
  return isStatus ? { status: code } : {};
}

function serviceCodeOf(code: unknown): Pick<ErrorDetails, "serviceCode"> {
  return typeof code === "string" && code !== "" ? { serviceCode: code } : {};
}
