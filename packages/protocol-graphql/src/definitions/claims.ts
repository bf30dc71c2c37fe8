import type { Claim } from "@tidegate/core-registry";
import type { FieldDefinitionNode, InputValueDefinitionNode } from "graphql";
import { textLocation } from "./location.ts";
import {
  fieldsOf,
  isExtension,
  keywordOf,
  namedTypeOf,
  printWithoutDescriptions,
  type TypeSystemNode,
} from "./type-nodes.ts";

/** What the claims of one fragment are made from, beside its definitions. */
export interface ClaimSource {
  readonly typeDefs: string;
  /** The path of `typeDefs` in the fragment. */
  readonly jsonPath: string;
  /** The names of the types that the gateway provides. No claim needs them. */
  readonly provided: ReadonlySet<string>;
  /** The names of the types with resolvers in this fragment. Their definitions cannot be shared. */
  readonly resolved: ReadonlySet<string>;
  /** The field names of the interfaces that this fragment knows, by interface. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>;
}

/** The key of the claim of a type. Types of all kinds share one namespace. */
export function typeKey(type: string): string {
  return `type ${type}`;
}

/** The key of the claim of a field of an object type, an interface or an input type. */
export function fieldKey(type: string, field: string): string {
  return `field ${type}.${field}`;
}

/** The key of the claim that a type implements an interface. */
export function implementsKey(type: string, name: string): string {
  return `implements ${type}.${name}`;
}

/** The key of the claim of a member type of a union. */
export function memberKey(union: string, type: string): string {
  return `member ${union}.${type}`;
}

/** The key of the claim of an enum value. */
export function valueKey(type: string, value: string): string {
  return `value ${type}.${value}`;
}

/**
 * Makes the claims of a fragment's definitions (S5.8). Types, fields, members, values and interfaces are
 * claims of their own, so that only the element that names a missing type waits. Identical definitions
 * without resolvers can be shared (S5.6).
 */
export function claimsOf(definitions: readonly TypeSystemNode[], source: ClaimSource): Claim[] {
  return definitions.flatMap((node) => {
    const claim = claimMaker(node, source);
    const members = memberClaims(node, source, claim);
    const interfaces = interfaceClaims(node, source, claim);
    if (isExtension(node)) return [...members, ...interfaces];
    const type = node.name.value;
    // A type without any field, member or value is invalid: the type needs at least one that does not wait.
    const anyMember = members.map(({ key }) => key);
    const needs = anyMember.length === 0 ? [] : [anyMember];
    const definition = claim(node.name, typeKey(type), `${keywordOf(node)} ${type}`, needs);
    return [definition, ...members, ...interfaces];
  });
}

/**
 * Returns the field names of the interfaces in some definitions, by interface, and of the provided `Node`.
 */
export function interfaceFields(
  definitions: readonly TypeSystemNode[],
): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>([["Node", ["id"]]]);
  for (const node of definitions) {
    if (keywordOf(node) !== "interface") continue;
    const own = fieldsOf(node).map(({ name }) => name.value);
    fields.set(node.name.value, [...(fields.get(node.name.value) ?? []), ...own]);
  }
  return fields;
}

type Need = string | readonly string[];

/** Makes a claim of one definition or extension. `at` locates the claim in the text. */
type ClaimMaker = (
  at: { readonly loc?: TypeSystemNode["loc"] | undefined },
  key: string,
  label: string,
  needs: readonly Need[],
) => Claim;

function claimMaker(node: TypeSystemNode, source: ClaimSource): ClaimMaker {
  const isShareable = !isExtension(node) && !source.resolved.has(node.name.value);
  const shared = isShareable ? { shared: printWithoutDescriptions(node) } : {};
  return (at, key, label, needs) => {
    // The location of a node holds all tokens of the text, so the claim keeps the offset only.
    const offset = at.loc?.start ?? 0;
    return {
      key,
      label,
      jsonPath: source.jsonPath,
      locate: () => textLocation(source.typeDefs, offset),
      ...shared,
      ...(needs.length === 0 ? {} : { needs }),
    };
  };
}

/** The claim keys of some types. Provided types have no claim. */
function typeKeys(names: readonly string[], { provided }: ClaimSource): string[] {
  return [...new Set(names)].filter((name) => !provided.has(name)).map(typeKey);
}

/** The claims of the fields, the union members or the enum values of a node. */
function memberClaims(node: TypeSystemNode, source: ClaimSource, claim: ClaimMaker): Claim[] {
  const type = node.name.value;
  const members = "types" in node ? (node.types ?? []) : [];
  const values = "values" in node ? (node.values ?? []) : [];
  return [
    ...fieldsOf(node).map((field) => {
      const name = field.name.value;
      const needs = typeKeys([type, ...typesOf(field)], source);
      return claim(field.name, fieldKey(type, name), `${type}.${name}`, needs);
    }),
    ...members.map((member) => {
      const name = member.name.value;
      return claim(member, memberKey(type, name), `${name} in ${type}`, typeKeys([type, name], source));
    }),
    ...values.map((value) => {
      const name = value.name.value;
      return claim(value, valueKey(type, name), `${type}.${name}`, typeKeys([type], source));
    }),
  ];
}

/** The names of the types of a field and of its arguments. */
function typesOf(field: FieldDefinitionNode | InputValueDefinitionNode): string[] {
  const args = "arguments" in field ? (field.arguments ?? []) : [];
  return [namedTypeOf(field.type), ...args.map((arg) => namedTypeOf(arg.type))];
}

/**
 * The claims of the interfaces that a node declares. Each needs the interface and the fields that the
 * interface requires.
 */
function interfaceClaims(node: TypeSystemNode, source: ClaimSource, claim: ClaimMaker): Claim[] {
  const type = node.name.value;
  const own = new Set(fieldsOf(node).map(({ name }) => name.value));
  const interfaces = "interfaces" in node ? (node.interfaces ?? []) : [];
  return interfaces.map((at) => {
    const name = at.name.value;
    // While a required field waits, the type does not satisfy the interface.
    const required = (source.interfaces.get(name) ?? []).filter((field) => own.has(field));
    return claim(at, implementsKey(type, name), `${type} implements ${name}`, [
      ...typeKeys([type, name], source),
      ...required.map((field) => fieldKey(type, field)),
    ]);
  });
}
