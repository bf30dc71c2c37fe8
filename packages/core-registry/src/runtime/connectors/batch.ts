import DataLoader from "dataloader";
import { type ErrorDetails, TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import { plainKey } from "../values.ts";

/** One entry of a batch: its own values, and what it shares with the others. */
export interface BatchEntry {
  /** Names of the params that travel as arrays, sorted. */
  readonly names: readonly string[];
  /** Their values, in the order of the names. */
  readonly values: readonly unknown[];
  /** All other params. */
  readonly common: Readonly<Record<string, unknown>>;
}

/** An entry that was announced: its batch waits until it is decided. */
export interface Announced {
  /** Joins the batch. Resolves with the entry's answer, which other entries may share. */
  load(entry: BatchEntry): Promise<unknown>;
  /** It was decided: it joined, or never will. Once. */
  decided(): void;
}

/** How an action is called in batches. */
export interface BatchCaller {
  /** Its full name. */
  readonly action: string;
  /** The most entries that one call takes. */
  readonly limit: number;
  /** Calls it, and gives an answer or an error for each entry, in order. */
  call(scope: Scope, params: unknown, entries: number): Promise<readonly unknown[]>;
}

/** The batches of one request, by action. */
interface Batches {
  actions: Map<string, ActionBatches>;
}

const batchesKey = {};
const batchesOf = (scope: Scope): Batches => scope.memo(batchesKey, () => ({ actions: new Map() }));

/**
 * Announces an entry before anything of it is decided (S5.4). No batch of its action is sent in this request until all
 * that were announced are decided: so an `if` or a policy that takes its time splits no batch.
 */
export function announce(scope: Scope, caller: BatchCaller): Announced {
  const { actions } = batchesOf(scope);
  let batches = actions.get(caller.action);
  if (batches === undefined) {
    batches = createActionBatches(scope, caller);
    actions.set(caller.action, batches);
  }
  return batches.announce();
}

/**
 * Ends the batches of a request: what comes after joins none of them, and nothing is answered from before. For serial
 * mutation fields, each before it begins (S5.4).
 */
export function resetBatches(scope: Scope): void {
  batchesOf(scope).actions = new Map();
}

interface ActionBatches {
  announce(): Announced;
}

/** What a loader knows an entry by. */
interface Key {
  readonly id: string | symbol;
  readonly values: readonly unknown[];
}

type Loader = DataLoader<Key, unknown, Key["id"]>;

function createActionBatches(scope: Scope, caller: BatchCaller): ActionBatches {
  const loaders = new Map<string, Loader>();
  let ready: (() => void)[] = [];
  let undecided = 0;
  let draining = false;

  const send = (): void => {
    draining = false;
    if (undecided > 0) return;
    const batches = ready;
    ready = [];
    for (const batch of batches) batch();
  };
  const drain = (): void => {
    if (draining || ready.length === 0) return;
    draining = true;
    afterPromiseJobs(send);
  };

  const loaderOf = ({ names, common }: BatchEntry): Loader => {
    const text = plainKey([names, Object.entries(common).sort(byName)]);
    const known = text === undefined ? undefined : loaders.get(text);
    if (known !== undefined) return known;
    const load = (keys: readonly Key[]): Promise<readonly unknown[]> => {
      const params: Record<string, unknown> = { ...common };
      for (const [index, name] of names.entries())
        params[name] = keys.map(({ values }) => values[index] ?? null);
      return caller.call(scope, params, keys.length);
    };
    const loader: Loader = new DataLoader(load, {
      maxBatchSize: caller.limit,
      cacheKeyFn: ({ id }) => id,
      batchScheduleFn: (batch) => {
        ready.push(batch);
        drain();
      },
    });
    if (text !== undefined) loaders.set(text, loader);
    return loader;
  };

  return {
    announce: () => {
      undecided++;
      return {
        // What JSON cannot say has no equal.
        load: (entry) =>
          loaderOf(entry).load({ id: plainKey(entry.values) ?? Symbol(), values: entry.values }),
        decided: () => {
          undecided--;
          drain();
        },
      };
    },
  };
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

// As dataloader's own schedule: when all promises that could be settled are, and before any I/O.
function afterPromiseJobs(job: () => void): void {
  void Promise.resolve().then(() => process.nextTick(job));
}

/**
 * One entry of a batched call (S5.4). It announces itself, decides whether it may be made, and only then joins its batch;
 * one that is denied fails alone.
 *
 * @param names the params that travel as arrays
 * @param decide gives the entry's own params, undefined where nothing is to be called; throws or rejects where it is denied
 * @returns the params and the answer; undefined where nothing was asked
 */
export async function callInBatch(
  scope: Scope,
  caller: BatchCaller,
  names: readonly string[],
  decide: () => unknown,
): Promise<{ readonly params: unknown; readonly response: unknown } | undefined> {
  const announced = announce(scope, caller);
  let loading: Promise<unknown> | undefined;
  let params: unknown;
  try {
    params = await decide();
    const entry = entryOf(params, names);
    loading = entry === undefined ? undefined : announced.load(entry);
  } finally {
    announced.decided();
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

/**
 * The entries of a batch's answer, in the order of its keys; an entry that says that it failed becomes an error (S5.4).
 * @throws {TidegateError} `REPLY_INVALID` where the answer is no list, or has not one entry for each key
 */
export function batchAnswers(answer: unknown, entries: number, action: string): unknown[] {
  if (Array.isArray(answer) && answer.length === entries)
    return answer.map((entry: unknown) => failure(entry, action) ?? entry);
  throw new TidegateError(
    "REPLY_INVALID",
    `${action} was called with a batch of ${entries} and has to answer a list of ${entries}, but it answered ${kindOf(answer)}.`,
  );
}

function kindOf(answer: unknown): string {
  if (Array.isArray(answer)) return `a list of ${answer.length}`;
  if (answer === null || answer === undefined) return "nothing";
  return typeof answer === "object" ? "an object" : `a ${typeof answer}`;
}

// It is the service's own word that this is an error, so it becomes what a thrown one becomes.
function failure(entry: unknown, action: string): TidegateError | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { isBatchError, batchingError, message, code, type, data } = entry as Readonly<
    Record<string, unknown>
  >;
  if (isBatchError !== true && batchingError !== true) return undefined;
  const said = typeof message === "string" && message !== "" ? message : `${action} failed for this entry.`;
  return new TidegateError("SERVICE_ERROR", said, {
    cause: entry,
    ...statusOf(code),
    ...serviceCodeOf(type ?? code),
    ...(data === undefined ? {} : { data }),
  });
}

function statusOf(code: unknown): Pick<ErrorDetails, "status"> {
  const fits = typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599;
  return fits ? { status: code } : {};
}

function serviceCodeOf(code: unknown): Pick<ErrorDetails, "serviceCode"> {
  return typeof code === "string" && code !== "" ? { serviceCode: code } : {};
}
