import type { AnyNode, CallExpression, Identifier, MemberExpression } from "acorn";
import { fullAncestor } from "acorn-walk";
import { knownNames } from "./globals.ts";
import type { Names } from "./names.ts";
import type { ParsedFunction } from "./parse.ts";

/** What is sure of a function without running it. */
export interface Purity {
  /** It surely does not return a promise. */
  readonly sync: boolean;
  /** It may read the time or randomness. */
  readonly volatile: boolean;
}

const makesPromises = new Set(["Promise", "Proxy", "Reflect", "globalThis"]);
const readsClock = new Set(["Intl", "Temporal", "globalThis", "Reflect"]);
const timelessOfDate = new Set(["UTC", "parse"]);
const promising = new Set(["then", "fromAsync", "constructor"]);

/**
 * Judges by what the text names, and doubts whatever it cannot see: calls of computed members and of values whose
 * origin is unknown, names that the sandbox lacks, `constructor`.
 *
 * @param shared the same of the operator's functions in `util`, all taken together
 */
export function purityOf(parsed: ParsedFunction, names: Names, shared: Purity): Purity {
  const free = new Set<object>(names.free);
  let sync = true;
  let volatile = false;
  fullAncestor(parsed.node, (node, _state, ancestors) => {
    const keys = keysOf(node);
    if (keys.includes("constructor") || makesUnknown(node, free)) volatile = true;
    if (keys.some((key) => promising.has(key)) || awaits(node, parsed.node)) sync = false;
    if (node.type === "CallExpression" && !knownCallee(node, names, free)) sync = false;
    if (keys.includes("util") || (node.type === "Identifier" && node.name === "util")) {
      sync &&= shared.sync;
      volatile ||= shared.volatile;
    }
    if (node.type !== "Identifier" || !free.has(node)) return;
    if (makesPromises.has(node.name) || !knownNames.has(node.name)) sync = false;
    if (readsTime(node, ancestors.at(-2))) volatile = true;
  });
  return { sync, volatile };
}

function awaits(node: AnyNode, whole: AnyNode): boolean {
  if (node.type === "ImportExpression") return true;
  const isFunction =
    node.type === "ArrowFunctionExpression" ||
    node.type === "FunctionExpression" ||
    node.type === "FunctionDeclaration";
  return isFunction && node.async && node !== whole;
}

/** Whether it makes an instance of something whose name is not in the text. */
function makesUnknown(node: AnyNode, free: ReadonlySet<object>): boolean {
  return node.type === "NewExpression" && !free.has(node.callee);
}

/** The names that a member access, an object, a pattern or a class member has in the text. */
function keysOf(node: AnyNode): string[] {
  if (node.type === "MemberExpression") return [memberName(node)].filter((name) => name !== undefined);
  if (node.type === "ObjectPattern") return node.properties.flatMap(keysOf);
  if (node.type !== "Property" && node.type !== "MethodDefinition" && node.type !== "PropertyDefinition")
    return [];
  if (!node.computed && node.key.type === "Identifier") return [node.key.name];
  return node.key.type === "Literal" ? [String(node.key.value)] : [];
}

function memberName({ computed, property }: MemberExpression): string | undefined {
  if (!computed) return property.type === "Identifier" ? property.name : undefined;
  return property.type === "Literal" ? String(property.value) : undefined;
}

/** Whether it is visible in the text what is called: a method by name, a language global, a function declared here. */
function knownCallee({ callee }: CallExpression, names: Names, free: ReadonlySet<object>): boolean {
  if (callee.type === "MemberExpression") return memberName(callee) !== undefined;
  if (callee.type === "ArrowFunctionExpression" || callee.type === "FunctionExpression") return true;
  if (callee.type !== "Identifier") return false;
  if (free.has(callee)) return true;
  const definitions = names.referred(callee)?.defs ?? [];
  return definitions.length === 1 && definitions.every(({ node }) => declaresFunction(node));
}

function declaresFunction(node: { readonly type: string; readonly init?: unknown }): boolean {
  if (node.type === "FunctionDeclaration" || node.type === "FunctionExpression") return true;
  const { init } = node;
  if (typeof init !== "object" || init === null || !("type" in init)) return false;
  return init.type === "ArrowFunctionExpression" || init.type === "FunctionExpression";
}

function readsTime(identifier: Identifier, parent: AnyNode | undefined): boolean {
  if (readsClock.has(identifier.name)) return true;
  const member =
    parent?.type === "MemberExpression" && parent.object === identifier ? memberName(parent) : undefined;
  if (identifier.name === "Math") return member === undefined || member === "random";
  if (identifier.name !== "Date") return false;
  if (parent?.type === "NewExpression" && parent.callee === identifier)
    return parent.arguments.length === 0 || parent.arguments.some(({ type }) => type === "SpreadElement");
  return member === undefined || !timelessOfDate.has(member);
}
