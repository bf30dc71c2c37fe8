import DataLoader from "dataloader";
import type { Scope } from "../contracts/scope.ts";
import { plainKey } from "./plain-key.ts";

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
