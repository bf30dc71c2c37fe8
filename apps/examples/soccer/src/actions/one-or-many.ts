import { Errors } from "moleculer";

/** An entry of a batch's answer that fails alone (S5.4). */
export interface BatchError {
  /** Says that it is one. */
  readonly isBatchError: true;
  /** What is wrong. */
  readonly message: string;
  /** The status that the error alone would have. */
  readonly code?: number;
  /** Its code, as clients see it. */
  readonly type?: string;
}

/** A rule for fastest-validator: one id, or up to 100 of them in a batch. */
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
 * Answers one key with one value, and a batch of keys with a list: its n-th entry belongs to the n-th key (S5.4). A key
 * of a batch that `find` throws for fails alone.
 */
export function oneOrMany<Key, Value>(
  keys: Key | readonly Key[],
  find: (key: Key) => Value,
): Value | (Value | BatchError)[] {
  if (!isMany(keys)) return find(keys);
  return keys.map((key) => {
    try {
      return find(key);
    } catch (error) {
      return entryOf(error);
    }
  });
}

function isMany<Key>(keys: Key | readonly Key[]): keys is readonly Key[] {
  return Array.isArray(keys);
}

function entryOf(error: unknown): BatchError {
  if (!(error instanceof Errors.MoleculerClientError)) throw error;
  const { message, code, type } = error;
  return { isBatchError: true, message, code, type };
}
