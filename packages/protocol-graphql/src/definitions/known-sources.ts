import type { KnownValue } from "@tidegate/core-registry";
import { type InputValueDefinitionNode, Kind } from "graphql";
import { fieldsOf, rootTypes, type TypeSystemNode } from "./type-nodes.ts";

/** The members of `@info` (S2.6). */
const info: KnownValue = {
  fieldName: "scalar",
  path: "any",
  parentType: "scalar",
  returnType: "scalar",
  operation: { kind: "scalar", name: "scalar" },
  variables: "any",
  selection: "any",
};

/** What is known of the sources of `__resolveType` and `__isTypeOf` (S1.7). */
export const knownOfType: Readonly<Record<string, KnownValue>> = { info };

/**
 * What is known of the sources of a field (S1.7): its arguments, and that fields of the root operation types
 * have no source.
 */
export function knownOfField(
  type: string,
  field: string,
  nodes: readonly TypeSystemNode[],
): Record<string, KnownValue> {
  const definition = nodes.flatMap(fieldsOf).find(({ name }) => name.value === field);
  const isRoot = rootTypes.includes(type);
  const args = definition !== undefined && "arguments" in definition ? definition.arguments : undefined;
  return {
    info,
    ...(isRoot ? { source: "never" } : {}),
    ...(definition === undefined
      ? {}
      : {
          args: Object.fromEntries(
            (args ?? []).map((argument): [string, KnownValue] => [
              argument.name.value,
              knownOfArgument(argument),
            ]),
          ),
        }),
  };
}

const scalars: ReadonlySet<string> = new Set(["ID", "String", "Int", "Float", "Boolean"]);

function knownOfArgument({ type }: InputValueDefinitionNode): KnownValue {
  const nullable = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return nullable.kind === Kind.NAMED_TYPE && scalars.has(nullable.name.value) ? "scalar" : "any";
}
