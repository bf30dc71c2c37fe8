/** What the prelude is told; travels as JSON. */
export interface PreludeSettings {
  /** The globals that stay. */
  readonly globals: readonly string[];
  /** The longest result, in UTF-16 units of its JSON. */
  readonly maxResult: number;
  /** The most lines that one call may write. */
  readonly maxLines: number;
  /** The longest line. */
  readonly maxLine: number;
}

/** What the prelude gives the child. */
export interface Prelude {
  /** Adds a function. */
  define(id: number, run: (argument: unknown) => unknown, takesUtil: boolean): void;
  /** Forgets a function. */
  forget(id: number): void;
  /** Runs one: a kind (`r`, `t` or `n`, as on the wire), `+` where something was written, and text. */
  run(id: number, json: string, nonce: string | undefined): string;
  /** What was written since the last time, as JSON; empty: nothing. */
  written(): string;
}

/**
 * Prepares a context and returns what runs functions in it. Its own text is sent there, so it must name nothing
 * outside of itself. Afterwards no function can change what another one, or its own next call, sees: everything that
 * is shared is frozen. Everything that could call back into a function's value (getters, proxies, `toString`) happens
 * in `run`, whose time is limited.
 */
export function prelude(settings: PreludeSettings, util: object): Prelude {
  const { parse, stringify } = JSON;
  const { apply, deleteProperty, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } =
    Reflect;
  const { freeze, create, entries, hasOwn } = Object;
  const text = String;
  const functions = new Map<number, { run: (argument: unknown) => unknown; takesUtil: boolean }>();
  const lines: string[][] = [];
  let tokens: Map<object, number> | undefined;

  removeNames();
  addConsole();
  forbidCode();
  const roots: unknown[] = [globalThis, util, ...hiddenIntrinsics()];
  defineProperty(globalThis, "util", { value: util });
  defineProperty(Promise.prototype, "toJSON", { value: refusePromise });
  freezeAll(roots);
  freeze(globalThis);
  return { define, forget, run, written };

  function define(id: number, made: unknown, takesUtil: boolean): void {
    if (typeof made !== "function") throw new TypeError("The text is not a function");
    freeze(made);
    if (typeof made.prototype === "object") freeze(made.prototype);
    functions.set(id, { run: made as (argument: unknown) => unknown, takesUtil });
  }

  function forget(id: number): void {
    functions.delete(id);
  }

  function run(id: number, json: string, nonce: string | undefined): string {
    lines.length = 0;
    tokens = undefined;
    const said = outcome(id, json, nonce);
    return said.charAt(0) + (lines.length > 0 ? "+" : "-") + said.slice(1);
  }

  function outcome(id: number, json: string, nonce: string | undefined): string {
    let value: unknown;
    try {
      const known = functions.get(id);
      if (known === undefined) throw new TypeError("no such function");
      value = apply(known.run, undefined, [argumentOf(json, nonce, known.takesUtil)]);
      if (isThenable(value)) return "nIt returned a promise; functions are synchronous";
    } catch (error) {
      return `t${describe(error)}`;
    }
    return serialise(value, nonce);
  }

  function argumentOf(json: string, nonce: string | undefined, takesUtil: boolean): unknown {
    const argument = json === "" ? undefined : nonce === undefined ? parse(json) : withTokens(json, nonce);
    if (takesUtil && typeof argument === "object" && argument !== null && !hasOwn(argument, "util"))
      defineProperty(argument, "util", { value: util, writable: true, configurable: true });
    return argument;
  }

  /** Puts opaque objects where the gateway could not put a stream or bytes. */
  function withTokens(json: string, nonce: string): unknown {
    const known = new Map<object, number>();
    tokens = known;
    return parse(json, (_key, value) => {
      if (typeof value !== "object" || value === null || !hasOwn(value, nonce)) return value;
      const token = create(null);
      for (const [name, said] of entries(value)) if (name !== nonce) token[name] = said;
      known.set(freeze(token), value[nonce]);
      return token;
    });
  }

  function serialise(value: unknown, nonce: string | undefined): string {
    if (value === undefined) return "r";
    try {
      const json = nonce === undefined ? stringify(value) : stringify(value, fromTokens(nonce));
      if (json === undefined) return `nIt returned a ${typeof value}`;
      if (json.length <= settings.maxResult) return `r${json}`;
      return `nIt returned ${json.length} characters of JSON; at most ${settings.maxResult} are taken`;
    } catch (error) {
      return `nIts result is no data: ${describe(error)}`;
    }
  }

  function fromTokens(nonce: string): (key: string, value: unknown) => unknown {
    const known = tokens;
    return (_key, value) => {
      const token = typeof value === "object" && value !== null ? known?.get(value) : undefined;
      return token === undefined ? value : { [nonce]: token };
    };
  }

  function isThenable(value: unknown): boolean {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
    return "then" in value && typeof value.then === "function";
  }

  function refusePromise(): never {
    throw new TypeError("there is a promise in it");
  }

  /** Message and stack, apart by a line break, both cut. */
  function describe(error: unknown): string {
    try {
      if (typeof error !== "object" || error === null) return cut(text(error), 1000);
      const { name, message, stack } = error as Error;
      const said = message === undefined ? text(error) : text(message);
      const full = name === undefined ? cut(said, 1000) : `${cut(text(name), 100)}: ${cut(said, 1000)}`;
      return typeof stack === "string" ? `${full}\n${cut(stack, 4000)}` : full;
    } catch {
      return "something that cannot be described";
    }
  }

  function cut(long: string, most: number): string {
    return long.length > most ? `${long.slice(0, most)}…` : long;
  }

  function written(): string {
    if (lines.length === 0) return "";
    const json = stringify(lines);
    lines.length = 0;
    return json;
  }

  function addConsole(): void {
    const levels = { debug: "debug", log: "log", info: "info", warn: "warn", error: "error" };
    const console = create(null);
    for (const [name, level] of entries({ ...levels, trace: "debug", dir: "log", table: "log" }))
      console[name] = (...values: unknown[]) => write(level, values);
    defineProperty(globalThis, "console", { value: console, configurable: true, writable: true });
  }

  function write(level: string, values: unknown[]): void {
    if (lines.length > settings.maxLines) return;
    if (lines.length === settings.maxLines) {
      lines.push(["warn", "It wrote more than is kept."]);
      return;
    }
    let line = "";
    for (const value of values) {
      if (line.length > settings.maxLine) break;
      line += `${line === "" ? "" : " "}${shown(value)}`;
    }
    lines.push([level, cut(line, settings.maxLine)]);
  }

  function shown(value: unknown): string {
    if (typeof value === "string") return value;
    if (value instanceof Error) return text(value);
    try {
      return stringify(value) ?? text(value);
    } catch {
      return text(value);
    }
  }

  /** What is not named is deleted, and what RegExp remembers of the last match. */
  function removeNames(): void {
    const kept = new Set<string | symbol>(settings.globals);
    for (const name of ownKeys(globalThis)) if (!kept.has(name)) deleteProperty(globalThis, name);
    const regExp = new Set<string | symbol>(["prototype", "length", "name", "escape", Symbol.species]);
    for (const name of ownKeys(RegExp)) if (!regExp.has(name)) deleteProperty(RegExp, name);
    defineProperty(Error, "prepareStackTrace", { value: undefined });
  }

  /** `(() => {}).constructor` and its like would make code of text. */
  function forbidCode(): void {
    const refuse = (): never => {
      throw new EvalError("Code cannot be made of text here");
    };
    const kinds = [() => {}, async () => {}, function* () {}, async function* () {}];
    for (const kind of kinds) {
      const prototype = getPrototypeOf(kind);
      if (prototype !== null) defineProperty(prototype, "constructor", { value: refuse });
    }
  }

  /** What no global name leads to. */
  function hiddenIntrinsics(): unknown[] {
    return [
      () => {},
      async () => {},
      (function* () {})(),
      function* () {},
      async function* () {},
      (async function* () {})(),
      [].values(),
      [].values().map(() => 1),
      Iterator.from({ next: () => ({ done: true, value: 1 }) } as Iterator<number>),
      new Map().values(),
      new Set().values(),
      ""[Symbol.iterator](),
      "".matchAll(/x/g),
      new Intl.Segmenter().segment(""),
      new Intl.Segmenter().segment("")[Symbol.iterator](),
    ];
  }

  function freezeAll(found: unknown[]): void {
    const seen = new Set<object>();
    for (const item of found) {
      if ((typeof item !== "object" && typeof item !== "function") || item === null) continue;
      if (seen.has(item)) continue;
      seen.add(item);
      found.push(getPrototypeOf(item));
      for (const key of ownKeys(item)) {
        const descriptor = getOwnPropertyDescriptor(item, key);
        if (descriptor === undefined) continue;
        if (mayBeOverridden(item, key, descriptor)) found.push(...letOverride(item, key, descriptor.value));
        found.push(descriptor.value, descriptor.get, descriptor.set);
      }
    }
    for (const item of seen) if (item !== globalThis) freeze(item);
  }

  /** What is often assigned to objects that inherit it: `error.name = "..."` must not fail because the prototype's is frozen. */
  function mayBeOverridden(item: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (typeof key !== "string" || !descriptor.configurable || !("value" in descriptor)) return false;
    return item === Object.prototype || item === Error.prototype || getPrototypeOf(item) === Error.prototype;
  }

  function letOverride(item: object, key: string | symbol, value: unknown): unknown[] {
    // Methods, since they have no `prototype` that could be written to.
    const { get, set } = {
      get: () => value,
      set(this: object, next: unknown) {
        if (this === item) throw new TypeError(`Cannot assign to "${text(key)}": it is shared`);
        defineProperty(this, key, { value: next, writable: true, enumerable: true, configurable: true });
      },
    };
    defineProperty(item, key, { get, set });
    return [get, set];
  }
}
