import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/** One root field of an operation: everything that calls a service. */
export interface RootField {
  readonly responseName: string;
  readonly node: FieldNode;
  readonly field: GraphQLField;
}

/** What the fast path needs of an operation, or why graphql-js executes it. */
export type FastPath =
  | { readonly rootFields: readonly RootField[] }
  /** Names the rule of this file that the operation does not meet. */
  | { readonly unsupported: Unsupported };

/**
 * The rules. graphql-js executes an operation to which one of them applies, because graphql-jit, or the order
 * in which it works, can give another answer or make other calls there:
 *
 * - `directive`: graphql-jit keeps one condition per AST node. A node that is selected in two places gets the
 *   conditions of both; a repeated field drops conditions; `if: null` is not refused.
 * - `repeated field`: it takes the arguments and the name in messages from different nodes, and merges
 *   selections by node.
 * - `serial fields`: it runs the next field of a mutation although a field that must not be null failed.
 * - `required root field`: the same for a query, whose other root fields graphql-js no longer calls.
 * - `nested resolver`: it calls a service below an object that a null makes disappear; it names two fields
 *   alike in `info` if their paths are joined to the same text.
 * - `nested arguments`: it sets a variable inside a literal to null if it has no value, forgets variables in
 *   lists, prints values as JSON, and does not check `@oneOf`.
 * - `abstract type`: it has other messages, cannot wait for a type, and merges fragments per possible type.
 * - `type condition`: as `abstract type`; valid operations have others only where these are involved.
 * - `nested list`: its functions for the inner list take the indexes of the outer one.
 * - `response name`: `__proto__` in an object literal sets the prototype. Introspection is never frequent.
 * - `inherited property`: it reads `length` of a string, and does not call functions that values inherit.
 * - `size`: it compiles each field once per place where its fragment is spread.
 */
export type Unsupported =
  | "directive"
  | "repeated field"
  | "serial fields"
  | "required root field"
  | "nested resolver"
  | "nested arguments"
  | "abstract type"
  | "type condition"
  | "nested list"
  | "response name"
  | "inherited property"
  | "size"
  | "unknown field";

// Far more fields than people write, and few enough to compile them within one turn of the event loop.
const maxFields = 500;

const inherited: ReadonlySet<string> = new Set(
  [String, Number, Boolean, Array, Object].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
);

/**
 * Decides how to execute a valid operation (S5.9). The fast path calls the root fields and completes their
 * values with graphql-jit, which is right for plain data: fields without directives, arguments and resolvers
 * of their own, each selected once. In doubt the operation is not for the fast path.
 */
export function fastPath(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, selectionSet, directives }: OperationDefinitionNode,
): FastPath {
  const rootType = schema.getRootType(operation);
  if (rootType == null) return { unsupported: "unknown field" };
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  try {
    if (directives?.length) throw new UnsupportedOperation("directive");
    const rootFields = new Selection(schema, fragments).rootFields(rootType, selectionSet);
    if (rootFields.length > 1) {
      if (operation === "mutation") throw new UnsupportedOperation("serial fields");
      if (rootFields.some(({ field }) => isNonNullType(field.type)))
        throw new UnsupportedOperation("required root field");
    }
    return { rootFields };
  } catch (error) {
    if (error instanceof UnsupportedOperation) return { unsupported: error.rule };
    throw error;
  }
}

class UnsupportedOperation extends Error {
  readonly rule: Unsupported;

  constructor(rule: Unsupported) {
    super(rule);
    this.rule = rule;
  }
}

/** Walks the selection sets of one operation. Its methods throw at the first rule that applies. */
class Selection {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  #fieldCount = 0;

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.#fragments = fragments;
  }

  /** Returns the root fields without `__typename`. */
  rootFields(type: GraphQLObjectType, selectionSet: SelectionSetNode): readonly RootField[] {
    return this.#fields(type, selectionSet).map((rootField) => {
      this.#checkValue(rootField);
      return rootField;
    });
  }

  #fields(type: GraphQLObjectType, selectionSet: SelectionSetNode): RootField[] {
    const names = new Set<string>();
    const fields: RootField[] = [];
    for (const node of this.#nodes(type, selectionSet)) {
      if (++this.#fieldCount > maxFields) throw new UnsupportedOperation("size");
      const responseName = (node.alias ?? node.name).value;
      if (names.has(responseName)) throw new UnsupportedOperation("repeated field");
      names.add(responseName);
      if (responseName.startsWith("__") && responseName !== "__typename")
        throw new UnsupportedOperation("response name");
      if (node.name.value === "__typename") continue;
      const field = this.#schema.getField(type, node.name.value);
      if (field === undefined) throw new UnsupportedOperation("unknown field");
      fields.push({ responseName, node, field });
    }
    return fields;
  }

  // A fragment that is spread twice repeats its fields, which ends the walk.
  #nodes(type: GraphQLObjectType, { selections }: SelectionSetNode): FieldNode[] {
    return selections.flatMap((selection) => {
      if (selection.directives?.length) throw new UnsupportedOperation("directive");
      if (selection.kind === Kind.FIELD) return [selection];
      const fragment = this.#fragmentOf(selection);
      if (fragment === undefined || fragment.directives?.length) throw new UnsupportedOperation("directive");
      const condition = fragment.typeCondition?.name.value ?? type.name;
      if (condition !== type.name) throw new UnsupportedOperation("type condition");
      return this.#nodes(type, fragment.selectionSet);
    });
  }

  #fragmentOf(selection: Exclude<SelectionNode, FieldNode>) {
    return selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
  }

  #checkValue({ node, field: { type } }: RootField): void {
    if (isNestedList(type)) throw new UnsupportedOperation("nested list");
    const named = getNamedType(type);
    if (isAbstractType(named)) throw new UnsupportedOperation("abstract type");
    if (!isObjectType(named) || node.selectionSet === undefined) return;
    for (const nested of this.#fields(named, node.selectionSet)) {
      if (nested.field.resolve !== undefined) throw new UnsupportedOperation("nested resolver");
      if (nested.node.arguments?.length) throw new UnsupportedOperation("nested arguments");
      if (inherited.has(nested.field.name)) throw new UnsupportedOperation("inherited property");
      this.#checkValue(nested);
    }
  }
}

function isNestedList(type: GraphQLField["type"]): boolean {
  const listOf = (one: GraphQLField["type"]): GraphQLField["type"] | undefined => {
    const nullable = isNonNullType(one) ? one.ofType : one;
    return isListType(nullable) ? nullable.ofType : undefined;
  };
  const item = listOf(type);
  return item !== undefined && listOf(item) !== undefined;
}
