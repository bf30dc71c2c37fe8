import { memoize } from "@tidegate/core-registry";

/** Makes a thing once for each of what it is made from, as long as that lives. The last one is at hand without a lookup. */
export function remember<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = memoize(make);
  let last: { readonly key: Key; readonly value: Value } | undefined;
  return (key) => {
    if (last?.key === key) return last.value;
    const value = made(key);
    last = { key, value };
    return value;
  };
}
