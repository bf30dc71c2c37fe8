import { attachedValue, type Compiled, type Endpoint, type Part } from "@tidegate/core-registry";
import type { GraphQLData } from "../definitions/compile.ts";
import { fieldsOf, namedType, type TypeNodes } from "../definitions/definition.ts";
import { prune } from "./prune.ts";

/** What of one part is served. The same object wherever the same fragment waits for the same. */
export interface LivePart {
  /** The part. */
  readonly part: Part<GraphQLData>;
  /** Its number: no other live part of this process has it. */
  readonly number: number;
  /** The definitions that do not wait. */
  readonly definitions: readonly TypeNodes[];
  /** The same by the type that they define or extend. */
  readonly byType: ReadonlyMap<string, readonly TypeNodes[]>;
  /** Which of its types' definitions name a type in their fields, arguments, members or interfaces: by that type. */
  readonly naming: ReadonlyMap<string, ReadonlySet<string>>;
  /** Which of its types are said to implement an interface: by the interface. */
  readonly implementing: ReadonlyMap<string, readonly string[]>;
  /** Its endpoints that do not wait. */
  readonly endpoints: readonly Endpoint[];
}

const known = attachedValue<Compiled<GraphQLData>, readonly LivePart[]>();
// A fragment seldom waits for more than one thing after another.
const mostKept = 4;
let last = 0;

/** The part without what waits. */
export function livePart(part: Part<GraphQLData>): LivePart {
  const kept = known.get(part.compiled) ?? [];
  const same = kept.find(
    (live) => sameNames(live.part.waiting, part.waiting) && live.part.origin.service === part.origin.service,
  );
  if (same !== undefined) return same;
  const made = makeLive(part);
  known.set(part.compiled, [made, ...kept].slice(0, mostKept));
  return made;
}

function makeLive(part: Part<GraphQLData>): LivePart {
  const { compiled, waiting } = part;
  const definitions = compiled.data === undefined ? [] : prune(compiled.data.document, waiting);
  const byType = new Map<string, TypeNodes[]>();
  const naming = new Map<string, Set<string>>();
  const implementing = new Map<string, string[]>();
  for (const node of definitions) {
    const type = node.name.value;
    byType.set(type, [...(byType.get(type) ?? []), node]);
    for (const name of namedBy(node)) naming.set(name, (naming.get(name) ?? new Set()).add(type));
    for (const name of interfacesOf(node)) implementing.set(name, [...(implementing.get(name) ?? []), type]);
  }
  const endpoints =
    waiting.size === 0 ? compiled.endpoints : compiled.endpoints.filter(({ key }) => !waiting.has(key));
  return { part, number: ++last, definitions, byType, naming, implementing, endpoints };
}

/** The interfaces that a definition says its type implements. */
export function interfacesOf(node: TypeNodes): readonly string[] {
  return "interfaces" in node ? (node.interfaces ?? []).map(({ name }) => name.value) : [];
}

function namedBy(node: TypeNodes): ReadonlySet<string> {
  const names = new Set(interfacesOf(node));
  for (const field of fieldsOf(node)) {
    names.add(namedType(field.type));
    for (const arg of "arguments" in field ? (field.arguments ?? []) : []) names.add(namedType(arg.type));
  }
  if ("types" in node) for (const member of node.types ?? []) names.add(member.name.value);
  return names;
}

function sameNames(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one === other || (one.size === other.size && one.isSubsetOf(other));
}
