/** Settings of the prelude; sent as JSON. */
export interface PreludeSettings {
  /** The global names that functions can use. */
  readonly globals: readonly string[];
  /** Maximum length of a result, in UTF-16 units of its JSON. */
  readonly maxResult: number;
  /** Maximum number of console lines of one call. */
  readonly maxLines: number;
  /** Maximum length of a console line, in UTF-16 units. */
  readonly maxLineLength: number;
}

/** The functions of the prelude that the child process calls. */
export interface Prelude {
  define(id: number, fn: (argument: unknown) => unknown, takesUtil: boolean): void;
  /** Removes a function, so that its memory can be released. */
  forget(id: number): void;
  /**
   * Calls a function. Returns the reply's kind (`r` result, `t` threw, `n` invalid result; see `replyKind`),
   * `+` where the function wrote to the console or `-`, and the reply's text.
   */
  run(id: number, json: string, nonce: string | undefined): string;
  /** Returns the console output since the last call of this function as JSON; empty where there is none. */
  takeConsoleOutput(): string;
}

/**
 * Prepares a context and returns the functions that run in it. The child process evaluates the source of this
 * function inside of the isolate, so it can use no name from outside.
 *
 * The prelude freezes everything that functions share, so that no function changes what another one, or its
 * own next call, sees. Everything that can run code of a function (getters, proxies, `toString`) happens in
 * `run`, under the time limit.
 */
export function prelude(settings: PreludeSettings, util: object): Prelude {
  const { parse, stringify } = JSON;
  const { apply, deleteProperty, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } =
    Reflect;
  const { freeze, create, entries, hasOwn } = Object;
  const toText = String;
  const functions = new Map<number, { fn: (argument: unknown) => unknown; takesUtil: boolean }>();
  const lines: string[][] = [];
  let tokens: Map<object, number> | undefined;

  removeGlobals();
  addConsole();
  forbidCodeGeneration();
  const roots: unknown[] = [globalThis, util, ...hiddenIntrinsics()];
  defineProperty(globalThis, "util", { value: util });
  defineProperty(Promise.prototype, "toJSON", { value: rejectPromise });
  freezeAll(roots);
  freeze(globalThis);
  return { define, forget, run, takeConsoleOutput };

  function define(id: number, fn: unknown, takesUtil: boolean): void {
    if (typeof fn !== "function") throw new TypeError("The source is not a function");
    freeze(fn);
    if (typeof fn.prototype === "object") freeze(fn.prototype);
    functions.set(id, { fn: fn as (argument: unknown) => unknown, takesUtil });
  }

  function forget(id: number): void {
    functions.delete(id);
  }

  function run(id: number, json: string, nonce: string | undefined): string {
    lines.length = 0;
    tokens = undefined;
    const outcome = call(id, json, nonce);
    return outcome.charAt(0) + (lines.length > 0 ? "+" : "-") + outcome.slice(1);
  }

  function call(id: number, json: string, nonce: string | undefined): string {
    let value: unknown;
    try {
      const known = functions.get(id);
      if (known === undefined) throw new TypeError("no such function");
      value = apply(known.fn, undefined, [decodeArgument(json, nonce, known.takesUtil)]);
      if (isThenable(value)) return "nThe result is a promise; functions are synchronous";
    } catch (error) {
      return `t${describe(error)}`;
    }
    return encodeResult(value, nonce);
  }

  function decodeArgument(json: string, nonce: string | undefined, takesUtil: boolean): unknown {
    const argument =
      json === "" ? undefined : nonce === undefined ? parse(json) : decodeWithTokens(json, nonce);
    if (takesUtil && typeof argument === "object" && argument !== null && !hasOwn(argument, "util"))
      defineProperty(argument, "util", { value: util, writable: true, configurable: true });
    return argument;
  }

  /** Creates a frozen token for each stream, file and byte array that stays in the gateway. */
  function decodeWithTokens(json: string, nonce: string): unknown {
    const known = new Map<object, number>();
    tokens = known;
    return parse(json, (_key, value) => {
      if (typeof value !== "object" || value === null || !hasOwn(value, nonce)) return value;
      const token = create(null);
      for (const [name, member] of entries(value)) if (name !== nonce) token[name] = member;
      known.set(freeze(token), value[nonce]);
      return token;
    });
  }

  function encodeResult(value: unknown, nonce: string | undefined): string {
    if (value === undefined) return "r";
    try {
      const json = nonce === undefined ? stringify(value) : stringify(value, tokenReplacer(nonce));
      if (json === undefined) return `nThe result is a ${typeof value}`;
      if (isDisguisedBoolean(value, json))
        return `nThe result is an object, which JSON writes as ${json}; return the value ${json} itself`;
      if (json.length <= settings.maxResult) return `r${json}`;
      return `nThe result has ${json.length} characters of JSON; the maximum is ${settings.maxResult}`;
    } catch (error) {
      return `nThe result is not data: ${describe(error)}`;
    }
  }

  /**
   * Whether a result is a boolean in JSON alone: `new Boolean(true)`, an object or function with `toJSON`. It
   * is compared here, because outside it would be the value that lets a filter pass (S7.4).
   */
  function isDisguisedBoolean(value: unknown, json: string): boolean {
    return typeof value !== "boolean" && (json === "true" || json === "false");
  }

  function tokenReplacer(nonce: string): (key: string, value: unknown) => unknown {
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

  function rejectPromise(): never {
    throw new TypeError("it contains a promise");
  }

  /** Message and stack, separated by a line break, both truncated. */
  function describe(error: unknown): string {
    try {
      if (typeof error !== "object" || error === null) return truncate(toText(error), 1000);
      const { name, message, stack } = error as Error;
      const described = truncate(toText(message === undefined ? error : message), 1000);
      const full = name === undefined ? described : `${truncate(toText(name), 100)}: ${described}`;
      return typeof stack === "string" ? `${full}\n${truncate(stack, 4000)}` : full;
    } catch {
      return "a value without a description";
    }
  }

  function truncate(text: string, maxLength: number): string {
    return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  }

  function takeConsoleOutput(): string {
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
      lines.push(["warn", "Further console output of this call is dropped."]);
      return;
    }
    let line = "";
    for (const value of values) {
      if (line.length > settings.maxLineLength) break;
      line += `${line === "" ? "" : " "}${format(value)}`;
    }
    lines.push([level, truncate(line, settings.maxLineLength)]);
  }

  function format(value: unknown): string {
    if (typeof value === "string") return value;
    if (value instanceof Error) return toText(value);
    try {
      return stringify(value) ?? toText(value);
    } catch {
      return toText(value);
    }
  }

  /** Deletes all globals that are not listed, and the members of RegExp that show the last match. */
  function removeGlobals(): void {
    const kept = new Set<string | symbol>(settings.globals);
    for (const name of ownKeys(globalThis)) if (!kept.has(name)) deleteProperty(globalThis, name);
    const regExpMembers = new Set<string | symbol>(["prototype", "length", "name", "escape", Symbol.species]);
    for (const name of ownKeys(RegExp)) if (!regExpMembers.has(name)) deleteProperty(RegExp, name);
    defineProperty(Error, "prepareStackTrace", { value: undefined });
  }

  /** Without this, `(() => {}).constructor` would compile strings. */
  function forbidCodeGeneration(): void {
    const reject = (): never => {
      throw new EvalError("Code generation from strings is not allowed");
    };
    const kinds = [() => {}, async () => {}, function* () {}, async function* () {}];
    for (const kind of kinds) {
      const prototype = getPrototypeOf(kind);
      if (prototype !== null) defineProperty(prototype, "constructor", { value: reject });
    }
  }

  /** Instances whose prototypes cannot be reached through a global name. */
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

  /** Freezes everything that can be reached from the given values, which it extends on the way. */
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
        if (isOftenOverridden(item, key, descriptor))
          found.push(...allowOverride(item, key, descriptor.value));
        found.push(descriptor.value, descriptor.get, descriptor.set);
      }
    }
    for (const item of seen) if (item !== globalThis) freeze(item);
  }

  /**
   * Members that code often assigns on an inheriting object: `error.name = "..."` must work despite a frozen
   * prototype.
   */
  function isOftenOverridden(item: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (typeof key !== "string" || !descriptor.configurable || !("value" in descriptor)) return false;
    return item === Object.prototype || item === Error.prototype || getPrototypeOf(item) === Error.prototype;
  }

  /** Replaces a member by accessors that define it on the inheriting object. */
  function allowOverride(item: object, key: string | symbol, value: unknown): unknown[] {
    // Method syntax: these functions have no `prototype` to write to.
    const { get, set } = {
      get: () => value,
      set(this: object, next: unknown) {
        if (this === item) throw new TypeError(`Cannot assign to "${toText(key)}": all functions share it`);
        defineProperty(this, key, { value: next, writable: true, enumerable: true, configurable: true });
      },
    };
    defineProperty(item, key, { get, set });
    return [get, set];
  }
}
