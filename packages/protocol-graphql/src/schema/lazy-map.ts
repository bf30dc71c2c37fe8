/**
 * An object whose members are made when they are read, so that who looks one up, or only wants the names, does not make all
 * of them.
 * @param find makes a member; undefined where there is none
 * @param namesOf the names in order; asked for once, when somebody wants all
 */
export function lazyMap<Value>(
  find: (name: string) => Value | undefined,
  namesOf: () => Iterable<string>,
): Record<string, Value> {
  let names: ReadonlySet<string> | undefined;
  const get = (name: string | symbol): Value | undefined =>
    typeof name === "string" ? find(name) : undefined;
  return new Proxy<Record<string, Value>>(Object.create(null), {
    get: (_, name) => get(name),
    has: (_, name) => get(name) !== undefined,
    ownKeys: () => {
      names ??= new Set(namesOf());
      return [...names];
    },
    getOwnPropertyDescriptor: (_, name) => {
      const isThere = names?.has(String(name)) === true || get(name) !== undefined;
      return isThere ? { get: () => get(name), enumerable: true, configurable: true } : undefined;
    },
  });
}
