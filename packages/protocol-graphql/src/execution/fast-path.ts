import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
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
 * The rules. graphql-js executes an operation to which one of them applies, because the fast path would give
 * another answer or make other calls there:
 *
 * - `directive`: graphql-jit keeps one condition per AST node. A node that is selected in two places gets the
 *   conditions of both, a repeated field loses conditions, and `if: null` is not refused.
 * - `repeated field`: each node of a root field would be called, and the conditions above are per node.
 * - `serial fields`: graphql-jit runs the next field of a mutation although a required field failed before.
 * - `required root field`: graphql-js stops at a required field that fails at once, and calls no further one.
 * - `nested resolver`: graphql-jit calls a service below an object that a null makes disappear. It gives two
 *   fields the same `info` if their paths, joined by `_`, are the same text.
 * - `nested arguments`: nothing coerces them on the fast path, so an absent or a null variable is no error.
 * - `abstract type`: graphql-jit cannot wait for a type that a function of a service resolves.
 * - `type condition`: other conditions than the type itself only matter beside abstract types.
 * - `response name`: `__proto__` in an object literal sets the prototype. Introspection has resolvers.
 * - `inherited property`: graphql-jit reads `length` of a text that should be an object, and calls no
 *   functions that a value inherits.
 * - `size`: graphql-jit compiles a field once per place where its fragment is spread.
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
