import type { YieldToEventLoop } from "@tidegate/core-registry/runtime";
import { type GraphQLError, validateSchema, visit } from "graphql";
import type { ActivePart } from "./active-part.ts";
import { withLocations } from "./check-definitions.ts";
import {
  type CompositionChange,
  definitionOf,
  type OwnedNode,
  type TypeEntry,
  type TypeLookup,
} from "./composition.ts";
import { defaultSizeError } from "./default-size.ts";
import { lazySchema, partialSchema, type SchemaSource } from "./schema.ts";
import { inSteps } from "./steps.ts";

const typesPerStep = 200;
// One type can have a thousand fields.
const membersPerStep = 1_000;
const nodesPerStep = 50;

/**
 * Returns the errors that a change brought into the types of a composition, by the rules of `validateSchema`.
 * The definitions of each part alone are valid. Types that the change cannot have made invalid are skipped.
 * The definitions of added parts have locations in the errors.
 */
export async function typeErrors(
  change: CompositionChange,
  source: SchemaSource,
  yieldToEventLoop: YieldToEventLoop,
): Promise<readonly GraphQLError[]> {
  const affected = affectedTypes(change);
  await yieldToEventLoop();
  const entry: TypeLookup = (name) => affectedNodes(source.entry(name), affected.parts);
  const errors = await validateTypes([...affected.types], { ...source, entry }, yieldToEventLoop);
  if (errors.length === 0) return defaultErrors([...affected.types], change, source);
  // Again, with all nodes, all input types and locations.
  const inputTypes = source.names().filter((name) => isInputType(source.entry(name)));
  const located = { ...source, entry: withLocations(source.entry, new Set(change.added)) };
  return validateTypes([...new Set([...inputTypes, ...affected.types])], located, yieldToEventLoop);
}

function defaultErrors(
  types: readonly string[],
  { added }: CompositionChange,
  { entry }: SchemaSource,
): readonly GraphQLError[] {
  if (defaultSizeError(types, entry) === undefined) return [];
  return [defaultSizeError(types, withLocations(entry, new Set(added))) ?? []].flat();
}

/** The types that a change can have made invalid. */
interface Affected {
  readonly types: ReadonlySet<string>;
  /**
   * The parts that changed or that refer to a changed type. Of a type that many parts extend, only these
   * matter.
   */
  readonly parts: ReadonlySet<ActivePart>;
}

/**
 * Finds the types that a change can have made invalid (S9.6): the changed types, the types that refer to
 * them, the types that refer to an input type which contains them at any depth (the default values of
 * arguments depend on these), and the types that implement an interface among all these.
 */
function affectedTypes({ composition, changedTypes, added }: CompositionChange): Affected {
  const { parts, types: lookup } = composition;
  // A changed type that no longer exists affects the types that refer to it, and is no type to check.
  const types = new Set([...changedTypes].filter((name) => lookup.get(name) !== undefined));
  const affectedParts = new Set(added);
  const visited = new Set<string>();
  let frontier: ReadonlySet<string> = changedTypes;
  while (frontier.size > 0) {
    for (const name of frontier) visited.add(name);
    for (const part of parts) {
      for (const [name, referringTypes] of part.referencedBy) {
        if (!frontier.has(name)) continue;
        affectedParts.add(part);
        for (const type of referringTypes) types.add(type);
      }
    }
    frontier = new Set([...types].filter((name) => !visited.has(name) && isInputType(lookup.get(name))));
  }
  for (const part of parts) {
    for (const [name, implementingTypes] of part.implementing) {
      if (!types.has(name)) continue;
      affectedParts.add(part);
      for (const type of implementingTypes) types.add(type);
    }
  }
  return { types, parts: affectedParts };
}

async function validateTypes(
  types: readonly string[],
  source: SchemaSource,
  yieldToEventLoop: YieldToEventLoop,
): Promise<readonly GraphQLError[]> {
  const names = types.filter((name) => source.entry(name)?.some(({ part }) => part !== undefined));
  const errors: GraphQLError[] = [];
  for (const step of stepsOf(names, source)) {
    await yieldToEventLoop();
    try {
      errors.push(...validateStep(step, source));
    } catch (error) {
      const kinds = kindErrors(step, source);
      // Another step can have reported the type: input types are the first step.
      if (errors.length + kinds.length === 0) throw error;
      errors.push(...kinds);
    }
  }
  return errors;
}

function validateStep({ types, entry }: Step, source: SchemaSource): readonly GraphQLError[] {
  return validateSchema(partialSchema(lazySchema({ ...source, entry }), types));
}

/**
 * Returns the errors about types that are no input types. `validateSchema` throws at a default value of such
 * a type, so it gets the types without default values.
 */
function kindErrors({ types, entry }: Step, source: SchemaSource): readonly GraphQLError[] {
  const step: Step = { types, entry: (name) => entry(name)?.map(withoutDefaults) };
  return validateStep(step, source).filter(({ message }) =>
    message.includes(" must be Input Type but got: "),
  );
}

function withoutDefaults(owned: OwnedNode): OwnedNode {
  const node = visit(owned.node, {
    InputValueDefinition: (value) => ({ ...value, defaultValue: undefined }),
  });
  return { ...owned, node };
}

/** Some types that are validated together. */
interface Step {
  readonly types: readonly string[];
  readonly entry: TypeLookup;
}

function* stepsOf(names: readonly string[], { entry }: SchemaSource): Iterable<Step> {
  const isLong = (name: string): boolean =>
    (entry(name)?.length ?? 0) > nodesPerStep && hasIndependentFields(entry(name));
  const short = names.filter((name) => !isLong(name));
  // One step has all input types, since input types can contain each other without end.
  const inputTypes = short.filter((name) => isInputType(entry(name)));
  if (inputTypes.length > 0) yield { types: inputTypes, entry };
  const others = short.filter((name) => !isInputType(entry(name)));
  const sizeOf = (name: string): number =>
    (entry(name) ?? []).reduce((sum, { node }) => sum + sizeOfNode(node), 0);
  for (const types of inSteps(others, sizeOf, { count: typesPerStep, size: membersPerStep }))
    yield { types, entry };
  for (const longType of names.filter(isLong)) {
    const definition = definitionOf(entry(longType) ?? []);
    const extensions = (entry(longType) ?? []).filter((node) => node !== definition);
    for (let from = 0; from < extensions.length; from += nodesPerStep) {
      const some = extensions.slice(from, from + nodesPerStep);
      const nodes = definition === undefined ? some : [definition, ...some];
      yield { types: [longType], entry: (name) => (name === longType ? nodes : entry(name)) };
    }
  }
}

/**
 * Whether the fields of a type can be validated one by one: the type is an object type without interfaces.
 */
function hasIndependentFields(entry: TypeEntry | undefined): entry is TypeEntry {
  return (
    entry?.every(
      ({ node }) => node.kind.startsWith("Object") && !("interfaces" in node && node.interfaces?.length),
    ) === true
  );
}

function sizeOfNode(node: OwnedNode["node"]): number {
  if ("fields" in node) return node.fields?.length ?? 0;
  if ("values" in node) return node.values?.length ?? 0;
  return "types" in node ? (node.types?.length ?? 0) : 0;
}

function affectedNodes(entry: TypeEntry | undefined, parts: ReadonlySet<ActivePart>): TypeEntry | undefined {
  if (entry === undefined || entry.length < nodesPerStep || !hasIndependentFields(entry)) return entry;
  const definition = definitionOf(entry);
  return entry.filter((node) => node === definition || node.part === undefined || parts.has(node.part));
}

function isInputType(entry: TypeEntry | undefined): boolean {
  return entry !== undefined && definitionOf(entry)?.node.kind.startsWith("Input") === true;
}
