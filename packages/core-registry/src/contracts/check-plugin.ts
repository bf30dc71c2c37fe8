import type { Broker } from "./broker.ts";
import type { ContextFactory } from "./context.ts";
import { TidegateError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";
import type { Policy } from "./policy.ts";
import type { Protocol } from "./protocol.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Server } from "./server.ts";

/** The kinds of plugins that a gateway is made of. */
export interface PluginKinds {
  /** An adapter to a distributed system. */
  readonly broker: Broker;
  /** A way to be called from outside. */
  readonly protocol: Protocol;
  /** A kind of access rule. */
  readonly policy: Policy;
  /** What runs inline functions. */
  readonly sandbox: Sandbox;
  /** What listens. */
  readonly server: Server;
  /** What makes a value of the context. */
  readonly context: ContextFactory;
}

/** The contract that this version of the core keeps. */
export const contractNumber = 1;

type Type = "string" | "boolean" | "function" | "array" | "object" | "number";

/** A member's type; with a question mark it may be absent. */
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
    key: "string",
    schema: "object",
    reserved: "array?",
    fingerprint: "function?",
    compile: "function",
    assemble: "function?",
    diff: "function?",
    dispose: "function?",
  },
  policy: {
    contract: "number",
    key: "string",
    members: "array",
    schema: "object",
    compile: "function",
    compare: "function?",
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
    dispose: "function?",
  },
};

/**
 * Checks that a plugin keeps the contract of its kind (S17): the contract's number, every required member,
 * no member that is not known.
 * @throws {TidegateError} `PLUGIN_INVALID` with everything that is wrong, and the nearest right member
 */
export function checkPlugin(kind: keyof PluginKinds, plugin: unknown): void {
  if (typeof plugin !== "object" || plugin === null) {
    throw new TidegateError("PLUGIN_INVALID", `A ${kind} plugin is an object, not ${typeOf(plugin)}.`);
  }
  const given = new Map<string, unknown>(Object.entries(plugin));
  const contract: unknown = Reflect.get(plugin, "contract");
  const problems =
    contract === contractNumber
      ? [...wrongMembers(members[kind], plugin), ...unknownMembers(members[kind], given.keys())]
      : [`keeps contract ${String(contract)}; this gateway knows contract ${contractNumber}`];
  if (problems.length === 0) return;
  throw new TidegateError("PLUGIN_INVALID", `The ${kind} plugin ${nameOf(plugin)}${problems.join("; ")}.`);
}

function wrongMembers(known: Readonly<Record<string, Member>>, plugin: object): string[] {
  return Object.entries(known).flatMap(([name, member]) => {
    const value: unknown = Reflect.get(plugin, name);
    if (value === undefined) return member.endsWith("?") ? [] : [`lacks the member '${name}'`];
    const expected = member.replace("?", "");
    return fits(value, expected) ? [] : [`has a member '${name}' that is ${typeOf(value)}, not ${expected}`];
  });
}

function unknownMembers(known: Readonly<Record<string, Member>>, given: Iterable<string>): string[] {
  return [...given].flatMap((name) => {
    if (Object.hasOwn(known, name)) return [];
    const near = nearestName(name, Object.keys(known));
    return [
      `has a member '${name}' that is not known${near === undefined ? "" : ` (did you mean '${near}'?)`}`,
    ];
  });
}

/** A schema may be a function: ArkType's are. */
function fits(value: unknown, expected: string): boolean {
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
