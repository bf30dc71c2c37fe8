import type { Broker } from "./broker.ts";
import type { ContextFactory } from "./context.ts";
import { TidegateError } from "./errors.ts";
import type { Middleware } from "./middleware.ts";
import { nearestName } from "./nearest-name.ts";
import type { Policy } from "./policy.ts";
import type { Protocol } from "./protocol.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Server } from "./server.ts";

/** The kinds of plugins, each with its contract. */
export interface PluginKinds {
  readonly broker: Broker;
  readonly protocol: Protocol;
  readonly policy: Policy;
  readonly sandbox: Sandbox;
  readonly server: Server;
  readonly context: ContextFactory;
  readonly middleware: Middleware;
}

/** The version of the plugin contracts that this package implements. */
export const contractNumber = 2;

/** A plugin as its author writes it: the helper adds the contract's number. */
export type PluginDefinition<Plugin extends { readonly contract: 2 }> = Omit<Plugin, "contract">;

/**
 * Defines a policy (S7, S17).
 * @throws {TidegateError} `PLUGIN_INVALID` with everything that does not fit the contract
 */
export function definePolicy<Rule>(definition: PluginDefinition<Policy<Rule>>): Policy<Rule> {
  return define("policy", { ...definition, contract: contractNumber });
}

/**
 * Defines a protocol (S17).
 * @throws {TidegateError} `PLUGIN_INVALID` with everything that does not fit the contract
 */
export function defineProtocol<Input, Data = unknown>(
  definition: PluginDefinition<Protocol<Input, Data>>,
): Protocol<Input, Data> {
  return define("protocol", { ...definition, contract: contractNumber });
}

/**
 * Defines a broker (S13, S17).
 * @throws {TidegateError} `PLUGIN_INVALID` with everything that does not fit the contract
 */
export function defineBroker(definition: PluginDefinition<Broker>): Broker {
  return define("broker", { ...definition, contract: contractNumber });
}

/**
 * Defines a context value (S12.3, S17).
 * @throws {TidegateError} `PLUGIN_INVALID` with everything that does not fit the contract
 */
export function defineContext<Value>(
  definition: PluginDefinition<ContextFactory<Value>>,
): ContextFactory<Value> {
  return define("context", { ...definition, contract: contractNumber });
}

/**
 * Defines a middleware (S12.2, S17).
 * @throws {TidegateError} `PLUGIN_INVALID` with everything that does not fit the contract
 */
export function defineMiddleware(definition: PluginDefinition<Middleware>): Middleware {
  return define("middleware", { ...definition, contract: contractNumber });
}

function define<Plugin>(kind: keyof PluginKinds, plugin: Plugin): Plugin {
  checkPlugin(kind, plugin);
  return plugin;
}

type Type = "string" | "boolean" | "function" | "array" | "object" | "number";

/** The type of a member; a question mark makes the member optional. */
type Member = Type | `${Type}?`;

const members: { readonly [Kind in keyof PluginKinds]: Readonly<Record<keyof PluginKinds[Kind], Member>> } = {
  broker: {
    contract: "number",
    name: "string",
    start: "function",
    stop: "function",
    call: "function",
    publish: "function?",
    events: "function?",
    report: "function?",
    peers: "object?",
    health: "function?",
  },
  protocol: {
    contract: "number",
    name: "string",
    schema: "object",
    sources: "object?",
    reserved: "array?",
    contexts: "array?",
    middleware: "array?",
    fingerprint: "function?",
    compile: "function",
    assemble: "function?",
    diff: "function?",
    documents: "function?",
    start: "function?",
    dispose: "function?",
  },
  policy: {
    contract: "number",
    name: "string",
    members: "array",
    schema: "object",
    compile: "function",
    compare: "function?",
    start: "function?",
    dispose: "function?",
  },
  sandbox: {
    contract: "number",
    check: "function",
    compile: "function",
    start: "function",
    stop: "function",
  },
  server: {
    contract: "number",
    name: "string",
    reserved: "array?",
    contexts: "array",
    start: "function",
    stop: "function",
  },
  context: {
    contract: "number",
    name: "string",
    create: "function",
    view: "function?",
    perRequest: "boolean?",
    authenticates: "boolean?",
    close: "function?",
    start: "function?",
    dispose: "function?",
  },
  middleware: {
    contract: "number",
    name: "string",
    request: "function?",
    reply: "function?",
    error: "function?",
    start: "function?",
    dispose: "function?",
  },
};

/** What changed since contract 1, by kind: a plugin of that number is refused with it. */
const changesSinceFirst: Readonly<Record<keyof PluginKinds, string>> = {
  broker: "`peers.answer` is `peers.handle`, and `peers.ask` is `peers.request`",
  protocol:
    "`key` is `name`, `sources` declares what mappings read, `compile` returns `routes` with an `endpoint` " +
    "instead of `endpoints` and route claims, and `assemble` returns one flat list of `routes`",
  policy: "`key` is `name`, and a compiled rule has `cache` and `requirements` instead of `memo` and `asks`",
  sandbox: "nothing but the number",
  server: "nothing but the number",
  context: "`dispose` of a value is `close`",
  middleware: "middleware exists since contract 2",
};

/**
 * Checks that a plugin implements the contract of its kind (S17): the contract's number, all required members
 * with their types and valid values, and no unknown members.
 * @throws {TidegateError} `PLUGIN_INVALID` with all problems, and the nearest known name of an unknown member
 */
export function checkPlugin(kind: keyof PluginKinds, plugin: unknown): void {
  if (typeof plugin !== "object" || plugin === null || Array.isArray(plugin)) {
    throw new TidegateError("PLUGIN_INVALID", `A ${kind} plugin must be an object, not ${typeOf(plugin)}.`);
  }
  const problems = pluginProblems(kind, plugin);
  if (problems.length === 0) return;
  throw new TidegateError("PLUGIN_INVALID", `The ${kind} plugin ${nameOf(plugin)}${problems.join("; ")}.`);
}

function pluginProblems(kind: keyof PluginKinds, plugin: object): string[] {
  const contract: unknown = Reflect.get(plugin, "contract");
  if (contract === 1)
    return [
      `implements contract 1; this gateway supports contract ${contractNumber}. ` +
        `Set \`contract: ${contractNumber}\`; what changed: ${changesSinceFirst[kind]}`,
    ];
  if (contract !== contractNumber)
    return [`implements contract ${String(contract)}; this gateway supports contract ${contractNumber}`];
  return [
    ...memberProblems(members[kind], plugin),
    ...unknownMembers(members[kind], Object.keys(plugin)),
    ...valueChecks[kind](plugin),
  ];
}

function memberProblems(known: Readonly<Record<string, Member>>, plugin: object): string[] {
  return Object.entries(known).flatMap(([name, member]) => {
    const value: unknown = Reflect.get(plugin, name);
    if (value === undefined) return member.endsWith("?") ? [] : [`lacks the member '${name}'`];
    const expected = member.replace("?", "");
    return hasType(value, expected)
      ? []
      : [`has a member '${name}' of type ${typeOf(value)} instead of ${expected}`];
  });
}

function unknownMembers(known: Readonly<Record<string, Member>>, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (Object.hasOwn(known, name)) return [];
    const nearest = nearestName(name, Object.keys(known));
    return [`has an unknown member '${name}'${nearest === undefined ? "" : ` (did you mean '${nearest}'?)`}`];
  });
}

/** Names that functions and mappings of the core use, so that no source can have them (S2). */
const coreSources = ["context", "params", "event", "groups", "broadcast", "request", "response", "util"];
/** Members of a rule that belong to the core (S7.1). */
const coreRuleMembers = ["description", "actions", "events"];

const keyForm = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const nameForm = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

type Members = Readonly<Record<string, unknown>>;

const valueChecks: Readonly<Record<keyof PluginKinds, (plugin: object) => string[]>> = {
  broker: (plugin) => [...nameProblems(plugin), ...peersProblems(Reflect.get(plugin, "peers"))],
  protocol: (plugin) => [
    ...nameProblems(plugin, keyForm),
    ...schemaProblems(Reflect.get(plugin, "schema")),
    ...reservedProblems(Reflect.get(plugin, "reserved")),
    ...sourceProblems(Reflect.get(plugin, "sources")),
  ],
  policy: (plugin) => [
    ...nameProblems(plugin, keyForm),
    ...schemaProblems(Reflect.get(plugin, "schema")),
    ...ruleMemberProblems(Reflect.get(plugin, "members")),
  ],
  sandbox: () => [],
  server: (plugin) => [...nameProblems(plugin), ...reservedProblems(Reflect.get(plugin, "reserved"))],
  context: (plugin) => nameProblems(plugin, nameForm),
  middleware: (plugin) => nameProblems(plugin),
};

function nameProblems(plugin: object, form?: RegExp): string[] {
  const name: unknown = Reflect.get(plugin, "name");
  if (typeof name !== "string") return [];
  if (form === undefined) return name.trim() === "" ? ["has an empty name"] : [];
  return form.test(name)
    ? []
    : [`has the name ${JSON.stringify(name.slice(0, 80))}, which is not a plain name`];
}

function schemaProblems(schema: unknown): string[] {
  if (!isMembers(schema) && typeof schema !== "function") return [];
  const standard: unknown = Reflect.get(schema, "~standard");
  if (!isMembers(standard) || typeof standard.validate !== "function")
    return ["has a schema that does not implement Standard Schema (`~standard.validate`)"];
  const { jsonSchema } = standard;
  return isMembers(jsonSchema) && typeof jsonSchema.input === "function"
    ? []
    : ["has a schema without a JSON Schema (`~standard.jsonSchema.input`)"];
}

function reservedProblems(reserved: unknown): string[] {
  if (!Array.isArray(reserved)) return [];
  const invalid = reserved.filter((path) => typeof path !== "string" || !/^\/[^/~](?:.*[^/])?$/.test(path));
  return invalid.map(
    (path) => `reserves ${JSON.stringify(path) ?? typeof path}, which is no path such as '/rpc'`,
  );
}

function sourceProblems(sources: unknown): string[] {
  if (!isMembers(sources)) return [];
  return Object.entries(sources).flatMap(([name, source]) => {
    if (!nameForm.test(name)) return [`has a source '${name}', which is not a plain name`];
    if (coreSources.includes(name)) return [`has a source '${name}', which is a name of the core`];
    const isValid =
      isMembers(source) &&
      (source.values === "text" || source.values === "data") &&
      typeof source.fromClient === "boolean";
    return isValid ? [] : [`has a source '${name}' without \`values\` ("text" or "data") and \`fromClient\``];
  });
}

function ruleMemberProblems(names: unknown): string[] {
  if (!Array.isArray(names)) return [];
  if (names.length === 0) return ["has no `members`, so no rule can use it"];
  return names.flatMap((name) => {
    if (typeof name !== "string" || !nameForm.test(name))
      return [`has the rule member ${JSON.stringify(name) ?? typeof name}, which is not a plain name`];
    return coreRuleMembers.includes(name)
      ? [`has the rule member '${name}', which is a name of the core`]
      : [];
  });
}

function peersProblems(peers: unknown): string[] {
  if (!isMembers(peers)) return [];
  return ["handle", "request"].flatMap((name) =>
    typeof peers[name] === "function" ? [] : [`has \`peers\` without the function '${name}'`],
  );
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// A schema can be a function: those of ArkType are.
function hasType(value: unknown, expected: string): boolean {
  return typeOf(value) === expected || (expected === "object" && typeof value === "function");
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function nameOf(plugin: object): string {
  const name: unknown = Reflect.get(plugin, "name") ?? Reflect.get(plugin, "key");
  return typeof name === "string" ? `'${name}' ` : "";
}
