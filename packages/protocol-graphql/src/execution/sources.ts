import type { Sources } from "@tidegate/core-registry";
import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from "graphql";

/** What both engines, and a subscription that begins, say of a field. */
export type InfoSource = Omit<GraphQLResolveInfo, "getAbortSignal" | "getAsyncHelpers">;

/** The sources of GraphQL (S3.1). `info` is made only when something reads it. */
export class FieldSources implements Sources {
  readonly [name: string]: unknown;
  readonly source: unknown;
  readonly args: unknown;
  readonly #info: InfoSource;
  #data: FieldInfo | undefined;

  constructor(source: unknown, args: unknown, info: InfoSource) {
    this.source = source;
    this.args = args;
    this.#info = info;
  }

  get info(): FieldInfo {
    this.#data ??= infoOf(this.#info);
    return this.#data;
  }
}

/** `@info`: where an operation is, as data (S2.6). */
export interface FieldInfo {
  /** The field's name in the schema. */
  readonly fieldName: string;
  /** From the root: response names and indexes. */
  readonly path: readonly (string | number)[];
  /** The type that the field is of. */
  readonly parentType: string;
  /** The field's own type: `[Player!]!`. */
  readonly returnType: string;
  /** `query`, `mutation` or `subscription`, and the name of the operation. */
  readonly operation: { readonly kind: string; readonly name?: string };
  /** The operation's variables. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** What is asked of the field's value, fragments resolved. */
  readonly selection: readonly Selected[];
}

/** One selected field. */
export interface Selected {
  /** Its name in the schema. */
  readonly name: string;
  /** Its name in the answer, where that is another. */
  readonly alias?: string;
  /** The type that it is asked of, where that was said (`... on Player`). */
  readonly on?: string;
  /** What is asked of its value. */
  readonly selection?: readonly Selected[];
}

function infoOf(info: InfoSource): FieldInfo {
  const name = info.operation.name?.value;
  const nodes: readonly FieldNode[] = info.fieldNodes;
  return {
    fieldName: info.fieldName,
    path: pathOf(info.path),
    parentType: info.parentType.name,
    returnType: String(info.returnType),
    operation: { kind: info.operation.operation, ...(name === undefined ? {} : { name }) },
    variables: variablesOf(info.variableValues),
    selection: nodes.flatMap(({ selectionSet }) => selectedOf(selectionSet, info, undefined, [])),
  };
}

function pathOf(path: GraphQLResolveInfo["path"] | undefined): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at = path; at !== undefined; at = at.prev) keys.unshift(at.key);
  return keys;
}

// graphql-jit gives them plain, graphql 17 with where each came from.
function variablesOf(values: object): Readonly<Record<string, unknown>> {
  const plain: unknown = "coerced" in values && "sources" in values ? values.coerced : values;
  return { ...(plain as Readonly<Record<string, unknown>>) };
}

function selectedOf(
  set: SelectionSetNode | undefined,
  info: InfoSource,
  on: string | undefined,
  within: readonly string[],
): Selected[] {
  return (set?.selections ?? []).flatMap((node): Selected[] => {
    if (node.kind === Kind.INLINE_FRAGMENT)
      return selectedOf(node.selectionSet, info, node.typeCondition?.name.value ?? on, within);
    const name = node.name.value;
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = info.fragments[name];
      if (fragment === undefined || within.includes(name)) return [];
      return selectedOf(fragment.selectionSet, info, fragment.typeCondition.name.value, [...within, name]);
    }
    return [
      {
        name,
        ...(node.alias === undefined ? {} : { alias: node.alias.value }),
        ...(on === undefined ? {} : { on }),
        ...(node.selectionSet === undefined
          ? {}
          : { selection: selectedOf(node.selectionSet, info, undefined, within) }),
      },
    ];
  });
}
