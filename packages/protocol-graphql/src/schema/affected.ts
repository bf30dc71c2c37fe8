import { type Composition, definitionOf, type TypeEntry } from "./composition.ts";
import type { LivePart } from "./live.ts";

/** What a change of some types can make wrong. */
export interface Affected {
  /** The types to look at. */
  readonly types: ReadonlySet<string>;
  /** The parts that define something of them or name what changed: of types that many parts extend, only these matter. */
  readonly parts: ReadonlySet<LivePart>;
}

/**
 * Everything that can be wrong after some types changed, and was not before (S9.6): the types themselves, those that name
 * them, those that name an input type which (over others) names them, for values of defaults reach that far, and those
 * that implement an interface among all these.
 * @param changed names of types, also of those that are not there any more
 * @param added the parts that changed them
 */
export function affectedBy(
  { parts, entries }: Composition,
  changed: ReadonlySet<string>,
  added: readonly LivePart[],
): Affected {
  const types = new Set([...changed].filter((name) => entries.get(name) !== undefined));
  const touched = new Set(added);
  const looked = new Set<string>();
  let frontier: ReadonlySet<string> = changed;
  while (frontier.size > 0) {
    for (const name of frontier) looked.add(name);
    for (const live of parts) {
      for (const [named, by] of live.naming) {
        if (!frontier.has(named)) continue;
        touched.add(live);
        for (const name of by) types.add(name);
      }
    }
    frontier = new Set([...types].filter((name) => !looked.has(name) && isOf("Input", entries.get(name))));
  }
  for (const live of parts) {
    for (const [name, implementing] of live.implementing) {
      if (!types.has(name)) continue;
      touched.add(live);
      for (const type of implementing) types.add(type);
    }
  }
  return { types, parts: touched };
}

/** Whether a type is of a kind, as graphql's nodes begin: `Input`, `Object`. */
export function isOf(kind: string, entry: TypeEntry | undefined): boolean {
  return entry !== undefined && definitionOf(entry)?.node.kind.startsWith(kind) === true;
}
