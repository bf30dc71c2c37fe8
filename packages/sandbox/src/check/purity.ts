import type { AnyNode, CallExpression, Identifier, MemberExpression } from "acorn";
import { fullAncestor } from "acorn-walk";
import { knownNames, type ResolvedNames } from "./names.ts";
import type { ParsedFunction } from "./parse.ts";

/** Properties of a function's result that the analysis proves without running the function. */
export interface Purity {
  /** True where it certainly does not return a promise. */
  readonly sync: boolean;
  /** True where it possibly reads the time or random numbers. */
  readonly volatile: boolean;
}

const promiseGlobals = new Set(["Promise", "Proxy", "Reflect", "globalThis"]);
const timeGlobals = new Set(["Intl", "Temporal", "globalThis", "Reflect"]);
const timelessDateMembers = new Set(["UTC", "parse"]);
const promiseMembers = new Set(["then", "fromAsync", "constructor"]);

/**
 * Judges a function by the names in its source. Assumes the worst where the source does not show what
 * happens: calls of computed members and of unknown values, names that do not exist in the sandbox,
 * `constructor`.
 *
 * @param utilPurity purity of all functions in `util` together
 */
export function purityOf(parsed: ParsedFunction, names: ResolvedNames, utilPurity: Purity): Purity {
  const free = new Set<object>(names.free);
  let sync = true;
  let volatile = false;
  fullAncestor(parsed.node, (node, _state, ancestors) => {
    const keys = keysOf(node);
    if (keys.includes("constructor") || createsUnknown(node, free)) volatile = true;
    if (keys.some((key) => promiseMembers.has(key)) || isAsynchronous(node, parsed.node)) sync = false;
    if (node.type === "CallExpression" && !isKnownCallee(node, names, free)) sync = false;
    if (keys.includes("util") || (node.type === "Identifier" && node.name === "util")) {
      sync &&= utilPurity.sync;
      volatile ||= utilPurity.volatile;
    }
    if (node.type !== "Identifier" || !free.has(node)) return;
    if (promiseGlobals.has(node.name) || !knownNames.has(node.name)) sync = false;
    if (readsTime(node, ancestors.at(-2))) volatile = true;
  });
  return { sync, volatile };
}

function isAsynchronous(node: AnyNode, whole: AnyNode): boolean {
  if (node.type === "ImportExpression") return true;
  const isFunction =
    node.type === "ArrowFunctionExpression" ||
    node.type === "FunctionExpression" ||
    node.type === "FunctionDeclaration";
  return isFunction && node.async && node !== whole;
}

/** Tests whether a node creates an instance of a class that the source does not name. */
function createsUnknown(node: AnyNode, free: ReadonlySet<object>): boolean {
  return node.type === "NewExpression" && !free.has(node.callee);
}

/** The property names that the source gives in a member access, an object, a pattern or a class member. */
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

/**
 * Tests whether the source shows what a call runs: a named method, a language global, a function declared
 * here.
 */
function isKnownCallee({ callee }: CallExpression, names: ResolvedNames, free: ReadonlySet<object>): boolean {
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
  if (timeGlobals.has(identifier.name)) return true;
  const member =
    parent?.type === "MemberExpression" && parent.object === identifier ? memberName(parent) : undefined;
  if (identifier.name === "Math") return member === undefined || member === "random";
  if (identifier.name !== "Date") return false;
  if (parent?.type === "NewExpression" && parent.callee === identifier)
    return parent.arguments.length === 0 || parent.arguments.some(({ type }) => type === "SpreadElement");
  return member === undefined || !timelessDateMembers.has(member);
}
