import type { Broker } from "./broker.ts";
import type { ContextFactory } from "./context.ts";
import { TidegateError } from "./errors.ts";
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
}

/** The version of the plugin contracts that this package implements. */
export const contractNumber = 1;

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
 * Checks that a plugin implements the contract of its kind (S17): the contract's number, all required members
 * with their types, and no unknown members.
 * @throws {TidegateError} `PLUGIN_INVALID` with all problems, and the nearest known name of an unknown member
 */
export function checkPlugin(kind: keyof PluginKinds, plugin: unknown): void {
  if (typeof plugin !== "object" || plugin === null) {
    throw new TidegateError("PLUGIN_INVALID", `A ${kind} plugin must be an object, not ${typeOf(plugin)}.`);
  }
  const contract: unknown = Reflect.get(plugin, "contract");
  const problems =
    contract === contractNumber
      ? [...memberProblems(members[kind], plugin), ...unknownMembers(members[kind], Object.keys(plugin))]
      : [`implements contract ${String(contract)}; this gateway supports contract ${contractNumber}`];
  if (problems.length === 0) return;
  throw new TidegateError("PLUGIN_INVALID", `The ${kind} plugin ${nameOf(plugin)}${problems.join("; ")}.`);
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
