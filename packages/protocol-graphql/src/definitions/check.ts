import type { Finding } from "@tidegate/core-registry";
import type { DefinitionNode, DocumentNode } from "graphql";
import { isExtension, isTypeNodes, type TypeNodes } from "./definition.ts";
import { placeOf } from "./place.ts";

/** What a fragment's definitions are held against. */
export interface DefinitionRules {
  /** How many types a fragment may define or extend. */
  readonly maxTypes: number;
  /** Types that the gateway provides. */
  readonly provided: ReadonlySet<string>;
}

/** The root types: extended by everybody, defined by nobody. */
export const rootTypes: readonly string[] = ["Query", "Mutation", "Subscription"];

/**
 * The definitions of a document that a fragment may hold (S5.1). What it may not hold is told, with its place.
 */
export function checkDefinitions(
  document: DocumentNode,
  typeDefs: string,
  jsonPath: string,
  rules: DefinitionRules,
  found: (finding: Finding) => void,
): TypeNodes[] {
  const fault = (code: string, at: DefinitionNode, message: string, hint: string): void =>
    found({
      severity: "error",
      code,
      jsonPath,
      message,
      hint,
      ...placeOf(typeDefs, ("name" in at ? at.name?.loc : undefined)?.start ?? at.loc?.start ?? 0),
    });
  const types = document.definitions.filter((node): node is TypeNodes => {
    if (!isTypeNodes(node)) {
      const { what, hint } = refusal(node);
      fault("GRAPHQL_DEFINITION", node, `A fragment cannot hold ${what}.`, hint);
      return false;
    }
    const type = node.name.value;
    if (!rules.provided.has(type) || (isExtension(node) && rootTypes.includes(type))) return true;
    const hint = rootTypes.includes(type)
      ? `Write \`extend type ${type} { ... }\`: its fields are added to those of the others.`
      : "Give it another name.";
    fault("GRAPHQL_PROVIDED", node, `The gateway itself provides \`${type}\`.`, hint);
    return false;
  });
  const names = new Set(types.map((node) => node.name.value));
  if (names.size > rules.maxTypes) {
    found({
      severity: "error",
      code: "GRAPHQL_TOO_MANY_TYPES",
      jsonPath,
      message: "The fragment has more types than a fragment may have.",
      expected: `at most ${rules.maxTypes}`,
      found: String(names.size),
    });
  }
  return types;
}

function refusal({ kind }: DefinitionNode): { readonly what: string; readonly hint: string } {
  if (kind.startsWith("Scalar"))
    return { what: "scalars", hint: "Scalars come from the gateway's options; `JSON` takes anything." };
  if (kind.startsWith("Directive"))
    return { what: "definitions of directives", hint: "Directives come from the gateway." };
  if (kind.startsWith("Schema"))
    return { what: "a `schema`", hint: "Leave it out: the roots are Query, Mutation and Subscription." };
  return { what: "operations or fragments of queries", hint: "typeDefs hold types and their extensions." };
}
