import {
  type ConstValueNode,
  GraphQLError,
  type InputValueDefinitionNode,
  Kind,
  type TypeNode,
} from "graphql";
import { definitionAndExtensions, type TypeLookup } from "./composition.ts";

/** The most values that a default value can have, those of the input fields in it included. */
const maxDefaultSize = 10_000;

/**
 * Returns an error if a default value is too large once the defaults of its input fields are filled in.
 * Thirty input types with two fields of the next type each have 2^30 values, and one request without
 * arguments would make them all. Of several such default values, the error names the smallest one.
 * @param types the names of the types to check
 */
export function defaultSizeError(types: readonly string[], lookup: TypeLookup): GraphQLError | undefined {
  const sizes = new DefaultSizes(lookup);
  const [smallest] = types
    .flatMap((type) =>
      inputValuesOf(type, lookup).map((node) => ({ type, node, size: sizes.ofDefault(node) })),
    )
    .filter(({ size }) => size > maxDefaultSize)
    .sort((one, other) => one.size - other.size);
  if (smallest === undefined) return undefined;
  const { type, node } = smallest;
  const name = `${type}.${node.name.value}`;
  const message = `The default value at ${name} has too many values: at most ${maxDefaultSize} are allowed.`;
  return new GraphQLError(message, { nodes: node });
}

/** The fields of an input type, or the arguments of all fields of another type. */
function inputValuesOf(type: string, lookup: TypeLookup): readonly InputValueDefinitionNode[] {
  return definitionAndExtensions(lookup(type) ?? []).flatMap(({ node }) =>
    ("fields" in node ? (node.fields ?? []) : []).flatMap((field) =>
      field.kind === Kind.INPUT_VALUE_DEFINITION ? [field] : (field.arguments ?? []),
    ),
  );
}

/** Counts the values of default values. Counts each input field once. */
class DefaultSizes {
  readonly #lookup: TypeLookup;
  readonly #sizes = new Map<InputValueDefinitionNode, number>();

  constructor(lookup: TypeLookup) {
    this.#lookup = lookup;
  }

  ofDefault(node: InputValueDefinitionNode): number {
    if (node.defaultValue === undefined) return 0;
    const known = this.#sizes.get(node);
    if (known !== undefined) return known;
    // Validation refuses a default value that contains itself. Here its size only has to be finite.
    this.#sizes.set(node, 0);
    const size = this.#ofLiteral(node.defaultValue, node.type);
    this.#sizes.set(node, size);
    return size;
  }

  #ofLiteral(value: ConstValueNode, type: TypeNode): number {
    if (type.kind === Kind.NON_NULL_TYPE) return this.#ofLiteral(value, type.type);
    if (value.kind === Kind.LIST) {
      const itemType = type.kind === Kind.LIST_TYPE ? type.type : type;
      return sum(value.values.map((item) => this.#ofLiteral(item, itemType)));
    }
    if (type.kind === Kind.LIST_TYPE) return this.#ofLiteral(value, type.type);
    if (value.kind !== Kind.OBJECT) return 1;
    const given = new Map(value.fields.map((field) => [field.name.value, field.value]));
    return sum(
      inputValuesOf(type.name.value, this.#lookup).map((field) => {
        const own = given.get(field.name.value);
        return own === undefined ? this.ofDefault(field) : this.#ofLiteral(own, field.type);
      }),
    );
  }
}

// Sums have a bound, so that they stay exact however often defaults multiply.
function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => Math.min(total + size, 1_000_000), 1);
}
