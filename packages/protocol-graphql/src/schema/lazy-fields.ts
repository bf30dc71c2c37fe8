import { type FieldDefinitionNode, type GraphQLField, GraphQLObjectType } from "graphql";
import type { Piece } from "./composition.ts";
import { fieldNodesOf, fieldOf, type TypeSurroundings } from "./fields.ts";
import { lazyMap } from "./lazy-map.ts";

interface FieldPlace {
  readonly node: FieldDefinitionNode;
  readonly piece: Piece;
}

// The last one, where there are two: as in a type that is made at once.
function placesIn(pieces: readonly Piece[]): ReadonlyMap<string, FieldPlace> {
  return new Map(
    pieces.flatMap((piece) =>
      fieldNodesOf(piece).map((node): [string, FieldPlace] => [node.name.value, { node, piece }]),
    ),
  );
}

function placeIn(pieces: readonly Piece[], name: string): FieldPlace | undefined {
  const holds = ({ node }: Piece): boolean =>
    "fields" in node && node.fields?.some((field) => field.name.value === name) === true;
  const piece = pieces.findLast(holds);
  const node = piece && fieldNodesOf(piece).findLast((each) => each.name.value === name);
  return piece && node && { node, piece };
}

/**
 * From how many pieces on a type's fields are made one by one. A root type has thousands of fields at a thousand services,
 * and an operation asks for two of them.
 */
export const manyPieces = 64;

/** Gives an object type fields that are made one by one, each when it is first asked for. */
export function withLazyFields(
  type: GraphQLObjectType,
  pieces: readonly Piece[],
  around: TypeSurroundings,
): GraphQLObjectType {
  const made = new Map<string, GraphQLField>();
  let index: ReadonlyMap<string, FieldPlace> | undefined;
  const find = (name: string): GraphQLField | undefined => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const { node, piece } = (index === undefined ? placeIn(pieces, name) : index.get(name)) ?? {};
    if (node === undefined || piece === undefined) return undefined;
    // graphql gives nobody the class of fields: a type of this one field makes it.
    const alone = new GraphQLObjectType({
      name: type.name,
      fields: { [name]: fieldOf(type.name, node, piece, around) },
    });
    const field = alone.getFields()[name];
    if (field !== undefined) made.set(name, Object.assign(field, { parentType: type }));
    return field;
  };
  const namesOf = (): Iterable<string> => {
    index ??= placesIn(pieces);
    return index.keys();
  };
  const fields = lazyMap(find, namesOf);
  return Object.assign(type, { getFields: () => fields });
}
