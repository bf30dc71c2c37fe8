/** A map with weak keys, as `WeakMap`. */
export interface AttachedValue<Key extends object, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

/**
 * Creates a map that stores its values on the keys: under a symbol that spreads, `Object.keys` and
 * comparisons do not see. V8 frees the values of a `WeakMap`, and all objects that they refer to, only in a
 * major garbage collection; until then every minor collection copies them. A frozen or sealed key is stored
 * in a `WeakMap`.
 */
export function attachedValue<Key extends object, Value>(): AttachedValue<Key, Value> {
  const symbol = Symbol("attached value");
  let sealedKeys: WeakMap<Key, Value> | undefined;
  return {
    get: (key) => {
      // The key can have been sealed after its value was attached, so both places are read.
      const value = sealedKeys?.get(key);
      if (value !== undefined || !Object.hasOwn(key, symbol)) return value;
      return Reflect.get<object, symbol>(key, symbol);
    },
    set: (key, value) => {
      if (!Object.isExtensible(key)) {
        sealedKeys ??= new WeakMap();
        sealedKeys.set(key, value);
      } else if (Object.hasOwn(key, symbol)) Reflect.set(key, symbol, value);
      else Object.defineProperty(key, symbol, { value, writable: true });
    },
  };
}

/**
 * Wraps a function of one object: the result is computed on the first call for an object, and attached to it.
 */
export function memoize<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const results = attachedValue<Key, { readonly value: Value }>();
  return (key) => {
    const known = results.get(key);
    if (known !== undefined) return known.value;
    const value = make(key);
    results.set(key, { value });
    return value;
  };
}
