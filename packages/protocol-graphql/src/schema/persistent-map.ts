type Bucket<Value> = ReadonlyMap<string, Value>;

const bucketCount = 512;
const emptyBucket: Bucket<never> = new Map<string, never>();

/** An immutable map with string keys. A changed copy shares all unchanged buckets with the original. */
export class PersistentMap<Value> {
  readonly #buckets: readonly Bucket<Value>[];

  private constructor(buckets: readonly Bucket<Value>[]) {
    this.#buckets = buckets;
  }

  static empty<Value>(): PersistentMap<Value> {
    return new PersistentMap<Value>(Array.from({ length: bucketCount }, () => emptyBucket));
  }

  // A bound function, so that callers can pass it on as a lookup.
  readonly get = (key: string): Value | undefined => this.#buckets[bucketOf(key)]?.get(key);

  /**
   * Returns a copy with other values for some keys; `undefined` removes a key. Costs what changes, not the
   * map's size.
   */
  with(changes: ReadonlyMap<string, Value | undefined>): PersistentMap<Value> {
    const copies = new Map<number, Map<string, Value>>();
    for (const [key, value] of changes) {
      const index = bucketOf(key);
      const bucket = copies.get(index) ?? new Map(this.#buckets[index]);
      copies.set(index, bucket);
      if (value === undefined) bucket.delete(key);
      else bucket.set(key, value);
    }
    return new PersistentMap(this.#buckets.map((bucket, index) => copies.get(index) ?? bucket));
  }

  /**
   * Returns the keys whose values are not the same object in another map. Fast if one map is a copy of the
   * other.
   */
  differingKeys(other: PersistentMap<Value>): readonly string[] {
    return this.#buckets.flatMap((bucket, index) => {
      const otherBucket = other.#buckets[index] ?? emptyBucket;
      if (bucket === otherBucket) return [];
      const keys = new Set([...bucket.keys(), ...otherBucket.keys()]);
      return [...keys].filter((key) => bucket.get(key) !== otherBucket.get(key));
    });
  }
}

function bucketOf(key: string): number {
  let hash = 0;
  for (let index = 0; index < key.length; index++) hash = (hash * 31 + key.charCodeAt(index)) | 0;
  return (hash ^ (hash >>> 15)) & (bucketCount - 1);
}
