import type { Finding, Origin } from "@tidegate/core-registry";
import type { YieldToEventLoop } from "@tidegate/core-registry/runtime";
import { type GraphQLError, type Location, visit } from "graphql";
import { fieldKey, typeKey } from "../definitions/claims.ts";
import { type TextLocation, textLocation } from "../definitions/location.ts";
import type { ForeignResolver } from "../definitions/resolvers.ts";
import { rootTypes } from "../definitions/type-nodes.ts";
import type { ActivePart } from "./active-part.ts";
import { definitionErrors } from "./check-definitions.ts";
import { typeErrors } from "./check-types.ts";
import type { Composition, CompositionChange } from "./composition.ts";
import type { SchemaSource } from "./schema.ts";

/** A finding with the origin of the part that it refuses. */
export interface PartFinding {
  readonly origin: Origin;
  readonly finding: Finding;
}

/** What is wrong with a changed composition. */
export interface CheckResult {
  /** Errors. Each refuses the new part that causes it. */
  readonly findings: readonly PartFinding[];
  /** Messages of errors that no new part causes. The schema is served with them. */
  readonly unattributed: readonly string[];
}

const maxErrors = 20;

/**
 * Checks what a change made invalid in a composition that was checked before. Each error refuses the new part
 * that causes it, and never a part that was served before (S9.6). The steps, in order:
 *
 * 1. Resolvers of new parts: a part resolves only fields and types that it defines.
 * 2. The number of types of the branch.
 * 3. The definitions of added parts, by the rules of `validateSDL`.
 * 4. The types that the change can have made invalid, by the rules of `validateSchema`; skipped after errors
 *    in step 3, which would only be reported in more places.
 *
 * @param newParts the parts that were not served before
 * @param source of the changed composition
 * @param maxTypes the most types that a branch can have
 */
export async function checkChange(
  change: CompositionChange,
  newParts: ReadonlySet<ActivePart>,
  source: SchemaSource,
  maxTypes: number,
  yieldToEventLoop: YieldToEventLoop,
): Promise<CheckResult> {
  const findings: PartFinding[] = [
    ...foreignResolverFindings(newParts, change.composition.parts),
    ...typeLimitFindings(change.composition, newParts, maxTypes),
  ];
  let errors = await definitionErrors(change, source, yieldToEventLoop);
  if (errors.length === 0) errors = await typeErrors(change, source, yieldToEventLoop);
  const unattributed: string[] = [];
  for (const error of errors.slice(0, maxErrors)) {
    const cause = causeOf(error, [...newParts], change.added);
    if (cause === undefined) unattributed.push(error.message);
    else findings.push({ origin: cause.part.origin, finding: findingOf(error, cause) });
  }
  return { findings, unattributed };
}

function foreignResolverFindings(
  newParts: ReadonlySet<ActivePart>,
  parts: readonly ActivePart[],
): readonly PartFinding[] {
  return [...newParts].flatMap(({ origin, compiled }) =>
    (compiled.data?.foreignResolvers ?? []).map((resolver): PartFinding => {
      const isTypeFunction = resolver.field.startsWith("__");
      const key = isTypeFunction ? typeKey(resolver.type) : fieldKey(resolver.type, resolver.field);
      const owner = parts.find(({ compiled: { claims } }) => claims?.some((claim) => claim.key === key));
      return { origin, finding: foreignResolverFinding(resolver, isTypeFunction, owner?.origin.service) };
    }),
  );
}

function foreignResolverFinding(
  { type, field, jsonPath }: ForeignResolver,
  isTypeFunction: boolean,
  owner: string | undefined,
): Finding {
  const element = isTypeFunction ? type : `${type}.${field}`;
  const definedBy = owner === undefined ? "no service defines it" : `the service \`${owner}\` defines it`;
  return {
    severity: "error",
    code: "GRAPHQL_RESOLVER_FOREIGN",
    jsonPath,
    message: `\`${element}\` is not defined in this fragment's typeDefs: ${definedBy}.`,
    expected: "a field or type of this fragment",
    found: element,
    hint: isTypeFunction
      ? "Move the function to the fragment that defines the type."
      : `Add the field with \`extend type ${type}\`, or remove its resolver.`,
  };
}

// Refuses new parts, the last ones first, until the others are within the limit (S5.6).
function typeLimitFindings(
  { parts, typeCount }: Composition,
  newParts: ReadonlySet<ActivePart>,
  maxTypes: number,
): readonly PartFinding[] {
  if (typeCount <= maxTypes) return [];
  const partsByType = new Map<string, number>();
  for (const { byType } of parts)
    for (const name of byType.keys())
      if (!rootTypes.includes(name)) partsByType.set(name, (partsByType.get(name) ?? 0) + 1);
  const findings: PartFinding[] = [];
  for (const part of parts.toReversed()) {
    if (partsByType.size <= maxTypes) break;
    if (!newParts.has(part)) continue;
    findings.push({ origin: part.origin, finding: typeLimitFinding(partsByType.size, maxTypes) });
    for (const name of part.byType.keys()) {
      const remaining = (partsByType.get(name) ?? 0) - 1;
      if (remaining > 0) partsByType.set(name, remaining);
      else partsByType.delete(name);
    }
  }
  return findings;
}

function typeLimitFinding(typeCount: number, maxTypes: number): Finding {
  return {
    severity: "error",
    code: "GRAPHQL_TOO_MANY_TYPES",
    jsonPath: "protocol.GraphQL.typeDefs",
    message: "The branch would have too many types with this fragment.",
    expected: `at most ${maxTypes}`,
    found: String(typeCount),
  };
}

/** The new part that causes an error, and the place in it that shows the cause. */
interface Cause {
  readonly part: ActivePart;
  readonly location: Partial<TextLocation>;
}

// The new part with the last location of the error (the implementing type comes after its interface, an
// extension after its type). Without one: the new part that defines a type which a node of the error refers
// to, or something for which the part with the error waited before.
function causeOf(
  error: GraphQLError,
  newParts: readonly ActivePart[],
  added: readonly ActivePart[],
): Cause | undefined {
  const locations = (error.nodes ?? []).flatMap(({ loc }) => loc ?? []);
  const partAt = (loc: Location, parts: readonly ActivePart[]): ActivePart | undefined =>
    parts.find(({ origin }) => origin.service === loc.source.name);
  const last = locations.findLast((loc) => partAt(loc, newParts) !== undefined);
  const located = last && partAt(last, newParts);
  if (located !== undefined && last !== undefined)
    return { part: located, location: textLocation(located.compiled.data?.typeDefs ?? "", last.start) };
  const referred = new Set<string>();
  for (const node of error.nodes ?? [])
    visit(node, { NamedType: ({ name }) => void referred.add(typeKey(name.value)) });
  const needed = locations.flatMap((loc) => partAt(loc, added)?.compiled.claims ?? []);
  return (
    definingPart(referred, newParts) ??
    definingPart(new Set(needed.flatMap(({ needs = [] }) => needs.flat())), newParts)
  );
}

function definingPart(keys: ReadonlySet<string>, parts: readonly ActivePart[]): Cause | undefined {
  for (const part of parts) {
    const claim = part.compiled.claims?.find(({ key }) => keys.has(key));
    if (claim !== undefined) return { part, location: claim.locate?.() ?? {} };
  }
  return undefined;
}

function findingOf({ message }: GraphQLError, { part, location }: Cause): Finding {
  return {
    severity: "error",
    code: "GRAPHQL_INVALID",
    jsonPath: `${part.origin.jsonPath}.typeDefs`,
    message,
    ...location,
  };
}
