import type { Claim } from "@tidegate/core-registry";
import type { FieldDefinitionNode, InputValueDefinitionNode, NamedTypeNode } from "graphql";
import { fieldsOf, isExtension, namedType, type TypeNodes, wordOf } from "./definition.ts";
import { normalText } from "./fingerprint.ts";
import { placeOf } from "./place.ts";

/** What claims are made with. */
export interface ClaimSource {
  /** The text. */
  readonly typeDefs: string;
  /** Where it stands in the fragment. */
  readonly jsonPath: string;
  /** Types that the gateway provides: nobody has to define them. */
  readonly provided: ReadonlySet<string>;
  /** Types that have resolvers here: their definitions cannot be shared. */
  readonly resolved: ReadonlySet<string>;
  /** The fields of interfaces, as far as they are known here. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>;
}

/** The claim of a type. Types of all kinds share their names. */
export function typeKey(type: string): string {
  return `type ${type}`;
}

/** The claim of a field of an object, interface or input type. */
export function fieldKey(type: string, field: string): string {
  return `field ${type}.${field}`;
}

/** The claim of an interface that a type implements. */
export function implementsKey(type: string, name: string): string {
  return `implements ${type}.${name}`;
}

/** The claim of a union's member. */
export function memberKey(union: string, type: string): string {
  return `member ${union}.${type}`;
}

/** The claim of an enum's value. */
export function valueKey(type: string, value: string): string {
  return `value ${type}.${value}`;
}

/**
 * What definitions claim and need (S5.8): types, fields, members, values and interfaces, each by itself, so that what
 * names something missing waits alone. Identical definitions without resolvers can be shared (S5.6).
 */
export function claimsOf(definitions: readonly TypeNodes[], source: ClaimSource): Claim[] {
  return definitions.flatMap((node) => definitionClaims(node, source));
}

/** The fields of the interfaces among definitions, by name, and of the provided one. */
export function interfaceFields(definitions: readonly TypeNodes[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>([["Node", ["id"]]]);
  for (const node of definitions.filter((each) => wordOf(each) === "interface")) {
    const own = fieldsOf(node).map(({ name }) => name.value);
    fields.set(node.name.value, [...(fields.get(node.name.value) ?? []), ...own]);
  }
  return fields;
}

type Need = string | readonly string[];

function definitionClaims(node: TypeNodes, source: ClaimSource): Claim[] {
  const type = node.name.value;
  const needsOf = (...names: readonly string[]): string[] =>
    [...new Set(names)].filter((name) => !source.provided.has(name)).map(typeKey);
  const shared = isExtension(node) || source.resolved.has(type) ? {} : { shared: normalText(node) };
  const claim = (
    at: { readonly loc?: TypeNodes["loc"] | undefined },
    key: string,
    label: string,
    needs: readonly Need[],
  ): Claim => {
    // A node's place holds all tokens of its text: only the offset is kept.
    const offset = at.loc?.start ?? 0;
    return {
      key,
      label,
      jsonPath: source.jsonPath,
      locate: () => placeOf(source.typeDefs, offset),
      ...shared,
      ...(needs.length === 0 ? {} : { needs }),
    };
  };
  const fieldNeeds = (field: FieldDefinitionNode | InputValueDefinitionNode): string[] => {
    const args = "arguments" in field ? (field.arguments ?? []) : [];
    return needsOf(type, namedType(field.type), ...args.map((arg) => namedType(arg.type)));
  };
  const interfaces: readonly NamedTypeNode[] = "interfaces" in node ? (node.interfaces ?? []) : [];
  const members: readonly NamedTypeNode[] = "types" in node ? (node.types ?? []) : [];
  const values = "values" in node ? (node.values ?? []) : [];
  const own = [
    ...fieldsOf(node).map((field) =>
      claim(field.name, fieldKey(type, field.name.value), `${type}.${field.name.value}`, fieldNeeds(field)),
    ),
    ...members.map((member) =>
      claim(
        member,
        memberKey(type, member.name.value),
        `${member.name.value} in ${type}`,
        needsOf(type, member.name.value),
      ),
    ),
    ...values.map((value) =>
      claim(value, valueKey(type, value.name.value), `${type}.${value.name.value}`, needsOf(type)),
    ),
  ];
  // A type whose field waits no longer keeps what the interface promises.
  const has = new Set(fieldsOf(node).map(({ name }) => name.value));
  const promised = (name: string): string[] =>
    (source.interfaces.get(name) ?? [])
      .filter((field) => has.has(field))
      .map((field) => fieldKey(type, field));
  const implementing = interfaces.map(({ name: { value: name }, loc }) =>
    claim({ loc }, implementsKey(type, name), `${type} implements ${name}`, [
      ...needsOf(type, name),
      ...promised(name),
    ]),
  );
  if (isExtension(node)) return [...own, ...implementing];
  // A type without anything in it is none: it needs one of its own.
  const anyOf = own.map(({ key }) => key);
  const defined = claim(
    node.name,
    typeKey(type),
    `${wordOf(node)} ${type}`,
    anyOf.length === 0 ? [] : [anyOf],
  );
  return [defined, ...own, ...implementing];
}
