import { Errors } from "moleculer";

/** The entry of a failed key in the answer to a batch (S5.4). The other keys do not fail. */
export interface BatchError {
  readonly isBatchError: true;
  readonly message: string;
  /** The HTTP status that the error alone would have. */
  readonly code?: number;
  /** The error code that clients see. */
  readonly type?: string;
}

/** A fastest-validator rule: one id, or a batch of up to 100 ids. */
export const idOrIds = [
  { type: "number", integer: true, positive: true },
  {
    type: "array",
    min: 1,
    max: 100,
    items: { type: "number", integer: true, positive: true, nullable: true },
  },
] as const;

/**
 * Answers one key with one value, and a batch of keys with a list of values in the same order (S5.4). If
 * `find` throws for a key of a batch, only the entry of this key is an error.
 */
export function oneOrMany<Key, Value>(
  keys: Key | readonly Key[],
  find: (key: Key) => Value,
): Value | (Value | BatchError)[] {
  if (!isBatch(keys)) return find(keys);
  return keys.map((key) => {
    try {
      return find(key);
    } catch (error) {
      return batchError(error);
    }
  });
}

function isBatch<Key>(keys: Key | readonly Key[]): keys is readonly Key[] {
  return Array.isArray(keys);
}

function batchError(error: unknown): BatchError {
  if (!(error instanceof Errors.MoleculerClientError)) throw error;
  const { message, code, type } = error;
  return { isBatchError: true, message, code, type };
}
