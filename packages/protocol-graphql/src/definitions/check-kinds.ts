import type { Finding } from "@tidegate/core-registry";
import { type ASTNode, type NamedTypeNode, print, type TypeNode } from "graphql";
import { textLocation } from "./location.ts";
import {
  fieldsOf,
  isExtension,
  keywordOf,
  namedTypeOf,
  rootTypes,
  type TypeSystemNode,
} from "./type-nodes.ts";

/** The kind of a type, by its keyword in the schema definition language. */
type TypeKind = ReturnType<typeof keywordOf> | "scalar";

interface KindFault {
  readonly at: ASTNode;
  readonly message: string;
}

// Each position is looked up in the whole text.
const maxFindings = 20;

/**
 * Returns the findings about types of a wrong kind, such as an object type of an argument, where the fragment
 * itself or the gateway defines the type. Such a definition could wait for another one, and would be found
 * only when it no longer does. Types of other fragments are checked in the schema of the branch.
 * @param provided the names of the types that the gateway provides
 */
export function kindFindings(
  definitions: readonly TypeSystemNode[],
  provided: ReadonlySet<string>,
  typeDefs: string,
  jsonPath: string,
): readonly Finding[] {
  const kinds = new Map<string, TypeKind>([...provided].map((name) => [name, providedKind(name)]));
  for (const node of definitions) if (!isExtension(node)) kinds.set(node.name.value, keywordOf(node));
  const kindOf = (name: string): TypeKind | undefined => kinds.get(name);
  return definitions
    .flatMap((node) => [...fieldFaults(node, kindOf), ...memberFaults(node, kindOf)])
    .slice(0, maxFindings)
    .map(({ at, message }) => ({
      severity: "error",
      code: "GRAPHQL_INVALID",
      jsonPath,
      message,
      ...textLocation(typeDefs, at.loc?.start ?? 0),
    }));
}

function providedKind(name: string): TypeKind {
  if (rootTypes.includes(name)) return "type";
  return name === "Node" ? "interface" : "scalar";
}

type KindOf = (name: string) => TypeKind | undefined;

// The messages are those of graphql-js.
function fieldFaults(node: TypeSystemNode, kindOf: KindOf): readonly KindFault[] {
  const check = (coordinate: string, type: TypeNode, position: "Input" | "Output"): KindFault[] => {
    const kind = kindOf(namedTypeOf(type));
    const isRight =
      kind === undefined ||
      kind === "scalar" ||
      kind === "enum" ||
      (kind === "input") === (position === "Input");
    if (isRight) return [];
    return [
      { at: type, message: `The type of ${coordinate} must be ${position} Type but got: ${print(type)}.` },
    ];
  };
  const position = keywordOf(node) === "input" ? "Input" : "Output";
  return fieldsOf(node).flatMap((field) => {
    const coordinate = `${node.name.value}.${field.name.value}`;
    const args = "arguments" in field ? (field.arguments ?? []) : [];
    return [
      ...check(coordinate, field.type, position),
      ...args.flatMap(({ name, type }) => check(`${coordinate}(${name.value}:)`, type, "Input")),
    ];
  });
}

function memberFaults(node: TypeSystemNode, kindOf: KindOf): readonly KindFault[] {
  const type = node.name.value;
  const wrong = (at: NamedTypeNode, expected: TypeKind): boolean =>
    (kindOf(at.name.value) ?? expected) !== expected;
  const interfaces = "interfaces" in node ? (node.interfaces ?? []) : [];
  const members = "types" in node ? (node.types ?? []) : [];
  return [
    ...interfaces
      .filter((at) => wrong(at, "interface"))
      .map((at) => ({
        at,
        message: `Type ${type} must only implement Interface types, it cannot implement ${at.name.value}.`,
      })),
    ...members
      .filter((at) => wrong(at, "type"))
      .map((at) => ({
        at,
        message: `Union type ${type} can only include Object types, it cannot include ${at.name.value}.`,
      })),
  ];
}
