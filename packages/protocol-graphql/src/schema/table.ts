/** Values by name, never changed: another table is made of it, which shares all that is equal. */
export interface Table<Value> {
  /** The value of a name. */
  get(name: string): Value | undefined;
  /** This table with other values for some names; `undefined` takes a name out. Costs what changes, not what there is. */
  with(changes: ReadonlyMap<string, Value | undefined>): Table<Value>;
  /** The names whose values are not the same object in another table. Fast where one was made of the other. */
  differing(other: Table<Value>): readonly string[];
}

type Bucket<Value> = ReadonlyMap<string, Value>;

const size = 512;
const empty: Bucket<never> = new Map<string, never>();
const bucketsOf = new WeakMap<object, readonly Bucket<unknown>[]>();

/** A table without names. */
export function emptyTable<Value>(): Table<Value> {
  return tableOf<Value>(Array.from({ length: size }, () => empty));
}

function tableOf<Value>(buckets: readonly Bucket<Value>[]): Table<Value> {
  const table: Table<Value> = {
    get: (name) => buckets[placeOf(name)]?.get(name),
    with: (changes) => {
      const copied = new Map<number, Map<string, Value>>();
      for (const [name, value] of changes) {
        const place = placeOf(name);
        const bucket = copied.get(place) ?? new Map(buckets[place]);
        copied.set(place, bucket);
        if (value === undefined) bucket.delete(name);
        else bucket.set(name, value);
      }
      return tableOf(buckets.map((bucket, place) => copied.get(place) ?? bucket));
    },
    differing: (other) => {
      const others = bucketsOf.get(other) ?? [];
      return buckets.flatMap((bucket, place) => {
        const also = others[place] ?? empty;
        if (bucket === also) return [];
        const names = new Set([...bucket.keys(), ...also.keys()]);
        return [...names].filter((name) => bucket.get(name) !== also.get(name));
      });
    },
  };
  bucketsOf.set(table, buckets);
  return table;
}

function placeOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = (hash * 31 + name.charCodeAt(index)) | 0;
  return (hash ^ (hash >>> 15)) & (size - 1);
}
