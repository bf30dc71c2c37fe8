type Bucket<Value> = ReadonlyMap<string, Value>;

const size = 512;
const empty: Bucket<never> = new Map<string, never>();

/** Values by name, never changed: another table is made of it, which shares all that is equal. */
export class Table<Value> {
  readonly #buckets: readonly Bucket<Value>[];

  private constructor(buckets: readonly Bucket<Value>[]) {
    this.#buckets = buckets;
  }

  /** A table without names. */
  static empty<Value>(): Table<Value> {
    return new Table<Value>(Array.from({ length: size }, () => empty));
  }

  /** The value of a name. */
  readonly get = (name: string): Value | undefined => this.#buckets[placeOf(name)]?.get(name);

  /** This table with other values for some names; `undefined` takes a name out. Costs what changes, not what there is. */
  with(changes: ReadonlyMap<string, Value | undefined>): Table<Value> {
    const copied = new Map<number, Map<string, Value>>();
    for (const [name, value] of changes) {
      const place = placeOf(name);
      const bucket = copied.get(place) ?? new Map(this.#buckets[place]);
      copied.set(place, bucket);
      if (value === undefined) bucket.delete(name);
      else bucket.set(name, value);
    }
    return new Table(this.#buckets.map((bucket, place) => copied.get(place) ?? bucket));
  }

  /** The names whose values are not the same object in another table. Fast where one was made of the other. */
  differing(other: Table<Value>): readonly string[] {
    return this.#buckets.flatMap((bucket, place) => {
      const also = other.#buckets[place] ?? empty;
      if (bucket === also) return [];
      const names = new Set([...bucket.keys(), ...also.keys()]);
      return [...names].filter((name) => bucket.get(name) !== also.get(name));
    });
  }
}

function placeOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = (hash * 31 + name.charCodeAt(index)) | 0;
  return (hash ^ (hash >>> 15)) & (size - 1);
}
