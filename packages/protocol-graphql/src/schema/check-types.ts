import { type GraphQLError, validateSchema } from "graphql";
import { affectedBy, isOf } from "./affected.ts";
import { type Composed, definitionOf, type EntryOf, type TypeEntry } from "./composition.ts";
import type { LivePart } from "./live.ts";
import { locatedEntries } from "./located.ts";
import type { Pace } from "./pace.ts";
import { type SchemaSource, schemaOf, schemaPart } from "./schema.ts";

const typesAtOnce = 200;
const piecesAtOnce = 50;

/**
 * What a change made wrong in the types of a whole, each of its definitions being right. What cannot have become wrong is
 * not looked at.
 *
 * @param fresh the parts whose places are told
 */
export async function schemaErrors(
  { composition, changed, added }: Composed,
  fresh: ReadonlySet<LivePart>,
  source: SchemaSource,
  pace: Pace,
): Promise<readonly GraphQLError[]> {
  const affected = affectedBy(composition, changed, added);
  await pace();
  const entry: EntryOf = (name) => relevant(source.entry(name), affected.parts);
  const errors = await typeErrors([...affected.types], { ...source, entry }, pace);
  if (errors.length === 0) return [];
  // With all that was left out, and with places.
  const inputs = source.names().filter((name) => isOf("Input", source.entry(name)));
  const exact = { ...source, entry: locatedEntries(source.entry, fresh) };
  return typeErrors([...new Set([...inputs, ...affected.types])], exact, pace);
}

async function typeErrors(
  types: readonly string[],
  source: SchemaSource,
  pace: Pace,
): Promise<readonly GraphQLError[]> {
  const names = types.filter((name) => source.entry(name)?.some(({ live }) => live !== undefined));
  const errors: GraphQLError[] = [];
  for (const { at, entry } of stepsOf(names, source)) {
    await pace();
    errors.push(...validateSchema(schemaPart(schemaOf({ ...source, entry }), at)));
  }
  return errors;
}

/** Some types that are checked at once. */
interface Step {
  /** Their names. */
  readonly at: readonly string[];
  /** What is said of each type. */
  readonly entry: EntryOf;
}

function* stepsOf(names: readonly string[], { entry }: SchemaSource): Iterable<Step> {
  const isLong = (name: string): boolean => (entry(name)?.length ?? 0) > piecesAtOnce && isApart(entry(name));
  const short = names.filter((name) => !isLong(name));
  // Input types are judged together: they can contain each other for ever.
  const inputs = short.filter((name) => isOf("Input", entry(name)));
  if (inputs.length > 0) yield { at: inputs, entry };
  const others = short.filter((name) => !isOf("Input", entry(name)));
  for (let from = 0; from < others.length; from += typesAtOnce)
    yield { at: others.slice(from, from + typesAtOnce), entry };
  for (const name of names.filter(isLong)) {
    const definition = definitionOf(entry(name) ?? []);
    const pieces = (entry(name) ?? []).filter((piece) => piece !== definition);
    for (let from = 0; from < pieces.length; from += piecesAtOnce) {
      const some = pieces.slice(from, from + piecesAtOnce);
      const part = definition === undefined ? some : [definition, ...some];
      yield { at: [name], entry: (each) => (each === name ? part : entry(each)) };
    }
  }
}

/** Whether fields of a type know nothing of each other: it is an object type and implements nothing. */
function isApart(entry: TypeEntry | undefined): entry is TypeEntry {
  return (
    entry?.every(
      ({ node }) => node.kind.startsWith("Object") && !("interfaces" in node && node.interfaces?.length),
    ) === true
  );
}

function relevant(entry: TypeEntry | undefined, parts: ReadonlySet<LivePart>): TypeEntry | undefined {
  if (entry === undefined || entry.length < piecesAtOnce || !isApart(entry)) return entry;
  const definition = definitionOf(entry);
  return entry.filter((piece) => piece === definition || piece.live === undefined || parts.has(piece.live));
}
