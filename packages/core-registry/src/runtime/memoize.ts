/** Something that is kept of objects, on the objects themselves. */
export interface AttachedValue<Key extends object, Value> {
  /** What is kept of an object. */
  get(key: Key): Value | undefined;
  /** Keeps something of an object instead of what was kept before. */
  set(key: Key, value: Value): void;
}

/**
 * A `WeakMap` that keeps what it holds on its keys: under a symbol of its own, out of sight of spreads, keys and comparisons.
 * The values of a `WeakMap` are let go only when the collector looks at the whole heap, and with them whatever they name, the
 * keys too: every young collection until then copies them. Objects that cannot be extended go into a `WeakMap`.
 */
export function attachedValue<Key extends object, Value>(): AttachedValue<Key, Value> {
  const place = Symbol("annotation");
  let sealed: WeakMap<Key, Value> | undefined;
  return {
    get: (key) => {
      // It may have been sealed since.
      const value = sealed?.get(key);
      if (value !== undefined || !Object.hasOwn(key, place)) return value;
      return Reflect.get<object, symbol>(key, place);
    },
    set: (key, value) => {
      if (!Object.isExtensible(key)) {
        sealed ??= new WeakMap();
        sealed.set(key, value);
      } else if (Object.hasOwn(key, place)) Reflect.set(key, place, value);
      else Object.defineProperty(key, place, { value, writable: true });
    },
  };
}

/** A function that makes something of an object when it is first asked for, and keeps it as an annotation. */
export function memoize<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = attachedValue<Key, { readonly value: Value }>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known.value;
    const value = make(key);
    made.set(key, { value });
    return value;
  };
}
