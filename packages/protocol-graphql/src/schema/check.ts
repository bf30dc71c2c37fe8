import type { Finding, Origin, Part } from "@tidegate/core-registry";
import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLScalarType,
  GraphQLSchema,
  Kind,
  parse,
  Source,
  validateSchema,
  visit,
} from "graphql";
import { validateSDL } from "graphql/validation/validate.js";
import { typeKey } from "../definitions/claims.ts";
import type { GraphQLData } from "../definitions/compile.ts";
import { isExtension, isTypeNodes, type TypeNodes } from "../definitions/definition.ts";
import { placeOf } from "../definitions/place.ts";
import { type LivePart, type MergedDefinitions, mergedDefinitions } from "./build.ts";
import { prune } from "./prune.ts";

/** Something wrong with the whole that one part brought in. */
export interface Blame {
  /** Whose. */
  readonly origin: Origin;
  /** What. */
  readonly finding: Finding;
}

/** What was found when the parts were put together. */
export interface Checked {
  /** What refuses its fragment. */
  readonly blames: readonly Blame[];
  /** What nobody that is new is to blame for: it is served as far as it goes. */
  readonly tolerated: readonly string[];
  /** The schema, nothing attached. Not to be used where somebody is to blame. */
  readonly schema: GraphQLSchema;
}

const mostErrors = 20;

/**
 * Checks the whole that the parts make, after some of them are new, and builds it. Each error refuses the new part that
 * it is about, and never what was served before (S9.6). All parts are checked at once, so that a start costs no more than
 * one check; places are looked for only where something is wrong.
 *
 * @param fresh the parts that were not served before
 */
export function checkParts(
  parts: readonly LivePart[],
  fresh: ReadonlySet<Part<GraphQLData>>,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): Checked {
  const all = mergedDefinitions(
    parts.map(({ definitions }) => definitions),
    scalars,
  );
  const built = (assumeValid: boolean): GraphQLSchema =>
    buildASTSchema({ kind: Kind.DOCUMENT, definitions: [...all] }, { assumeValid, assumeValidSDL: true });
  if (fresh.size === 0) return { blames: [], tolerated: [], schema: built(true) };
  const isFresh = new Set(parts.flatMap(({ part, definitions }) => (fresh.has(part) ? definitions : [])));
  if (validateSDL(outlined(all, (node) => isFresh.has(node))).length === 0) {
    const schema = built(false);
    if (validateSchema(schema).length === 0) return { blames: [], tolerated: [], schema };
  }
  const { blames, tolerated } = blamed(parts, fresh, scalars);
  return { blames, tolerated, schema: blames.length > 0 ? new GraphQLSchema({}) : built(true) };
}

// Who is old was checked, and claims keep members of one name apart: of the old, what they are called is enough.
function outlined(all: MergedDefinitions, isFresh: (node: TypeNodes) => boolean): DocumentNode {
  const definitions = all.flatMap((node): DefinitionNode[] => {
    if (!isTypeNodes(node) || isFresh(node)) return [node];
    return isExtension(node) ? [] : [{ kind: node.kind, name: node.name } as DefinitionNode];
  });
  return { kind: Kind.DOCUMENT, definitions };
}

function blamed(
  parts: readonly LivePart[],
  fresh: ReadonlySet<Part<GraphQLData>>,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): Omit<Checked, "schema"> {
  const located = parts.map(({ part, definitions }) =>
    fresh.has(part) ? locatedDefinitions(part) : definitions,
  );
  const blames: Blame[] = [];
  const tolerated: string[] = [];
  for (const error of errorsOf(mergedDefinitions(located, scalars)).slice(0, mostErrors)) {
    const part = guiltyPart(error, [...fresh]);
    if (part === undefined) tolerated.push(error.message);
    else blames.push({ origin: part.origin, finding: findingOf(error, part) });
  }
  return { blames, tolerated };
}

function errorsOf(definitions: MergedDefinitions): readonly GraphQLError[] {
  const document = { kind: Kind.DOCUMENT, definitions: [...definitions] } as const;
  const errors = validateSDL(document);
  // A schema of definitions that contradict each other would only be wrong in more places.
  return errors.length > 0 ? errors : validateSchema(buildASTSchema(document, { assumeValidSDL: true }));
}

// The source's name tells whose definition it is.
function locatedDefinitions({ origin, compiled, waiting }: Part<GraphQLData>): ReturnType<typeof prune> {
  const text = compiled.data?.typeDefs ?? "";
  return compiled.data?.document.definitions.length === 0
    ? []
    : prune(parse(new Source(text, origin.service)), waiting);
}

// The last of its places in a new part (the implementing type after its interface, the extension after its type); else
// the new part that defines a type which a place names.
function guiltyPart(error: GraphQLError, fresh: readonly Part<GraphQLData>[]): Part<GraphQLData> | undefined {
  const services = (error.nodes ?? []).flatMap(({ loc }) => loc?.source.name ?? []);
  const last = services.at(-1);
  const direct = fresh.find(({ origin }) => origin.service === last);
  if (direct !== undefined) return direct;
  const named = new Set<string>();
  for (const node of error.nodes ?? [])
    visit(node, { NamedType: ({ name }) => void named.add(typeKey(name.value)) });
  return fresh.find(({ compiled }) => compiled.claims.some(({ key }) => named.has(key)));
}

function findingOf(error: GraphQLError, { origin, compiled }: Part<GraphQLData>): Finding {
  const place = error.nodes?.findLast(({ loc }) => loc?.source.name === origin.service)?.loc;
  return {
    severity: "error",
    code: "GRAPHQL_INVALID",
    jsonPath: `${origin.jsonPath}.typeDefs`,
    message: error.message,
    ...(place === undefined ? {} : placeOf(compiled.data?.typeDefs ?? "", place.start)),
  };
}
