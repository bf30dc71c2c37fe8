import type { Route } from "@tidegate/core-registry";
import { type Expansion, expansionsOf, parameter, rest } from "./expansion.ts";

/** One expansion of a route. */
export interface Entry<Kind extends Route> extends Expansion {
  /** The route. */
  readonly route: Kind;
}

/** What one slice of a version's routes has at one place of the tree. The same object wherever the slice is. */
export interface Group<Kind extends Route> {
  /** Its routes, in the slice's order. */
  readonly entries: readonly Entry<Kind>[];
  /** The same by their next segment. Made when first asked for. */
  divided(): DividedGroup<Kind>;
}

/** A group by the next segment of its paths. */
export interface DividedGroup<Kind extends Route> {
  /** Where it is static, by its text. */
  readonly statics: ReadonlyMap<string, Group<Kind>>;
  /** Where it is a parameter. */
  readonly parameter: Group<Kind> | undefined;
  /** Where the path ends before it. */
  readonly ends: readonly Entry<Kind>[];
  /** Where it takes the rest. */
  readonly rest: readonly Entry<Kind>[];
}

/**
 * Makes the group of a slice's routes of one kind.
 * @param refused told of a route that has no path pattern
 */
export function groupSlice<Kind extends Route>(
  slice: readonly Kind[],
  refused: (route: Route, error: unknown) => void,
): Group<Kind> {
  const entries = slice.flatMap((route): Entry<Kind>[] => {
    try {
      return expansionsOf(route.path).map((expansion) => ({ ...expansion, route }));
    } catch (error) {
      refused(route, error);
      return [];
    }
  });
  return makeGroup(entries, 0);
}

function makeGroup<Kind extends Route>(entries: readonly Entry<Kind>[], depth: number): Group<Kind> {
  let divided: DividedGroup<Kind> | undefined;
  return {
    entries,
    divided: () => {
      divided ??= divide(entries, depth);
      return divided;
    },
  };
}

function divide<Kind extends Route>(entries: readonly Entry<Kind>[], depth: number): DividedGroup<Kind> {
  const by = Map.groupBy(entries, ({ outline }) => outline[depth]);
  const statics = new Map<string, Group<Kind>>();
  for (const [segment, list] of by)
    if (typeof segment === "string") statics.set(segment, makeGroup(list, depth + 1));
  const parameters = by.get(parameter);
  return {
    statics,
    parameter: parameters && makeGroup(parameters, depth + 1),
    ends: by.get(undefined) ?? [],
    rest: by.get(rest) ?? [],
  };
}
