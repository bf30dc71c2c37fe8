import type { Scope } from "../contracts/scope.ts";
import { announce, type BatchCaller, type BatchEntry } from "./batch.ts";

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
