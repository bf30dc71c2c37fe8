import { parse, Source } from "graphql";
import type { TypeNodes } from "../definitions/definition.ts";
import type { EntryOf, Piece } from "./composition.ts";
import type { LivePart } from "./live.ts";
import { prune } from "./prune.ts";

/** The same entries, new parts with places. */
export function locatedEntries(entryOf: EntryOf, fresh: ReadonlySet<LivePart>): EntryOf {
  const nodes = new Map<LivePart, ReadonlyMap<Piece["node"], TypeNodes>>();
  const located = (live: LivePart): ReadonlyMap<Piece["node"], TypeNodes> => {
    const known = nodes.get(live);
    if (known !== undefined) return known;
    const made = new Map<Piece["node"], TypeNodes>();
    locatedDefinitions(live).forEach((node, index) => {
      const same = live.definitions[index];
      if (same !== undefined) made.set(same, node);
    });
    nodes.set(live, made);
    return made;
  };
  return (name) =>
    entryOf(name)?.map((piece) =>
      piece.live === undefined || !fresh.has(piece.live)
        ? piece
        : { ...piece, node: located(piece.live).get(piece.node) ?? piece.node },
    );
}

/** The definitions of a part that do not wait, with places. The source's name tells whose they are. */
export function locatedDefinitions({ part: { origin, compiled, waiting } }: LivePart): readonly TypeNodes[] {
  const text = compiled.data?.typeDefs ?? "";
  return compiled.data?.document.definitions.length === 0
    ? []
    : prune(parse(new Source(text, origin.service)), waiting);
}
