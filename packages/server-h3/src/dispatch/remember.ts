/** Makes a thing once for each of what it is made from, as long as that lives. The last one is at hand without a lookup. */
export function remember<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  let last: { readonly key: Key; readonly value: Value } | undefined;
  return (key) => {
    if (last?.key === key) return last.value;
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    last = { key, value };
    return value;
  };
}
