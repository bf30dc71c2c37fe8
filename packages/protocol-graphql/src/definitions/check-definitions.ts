import type { Finding } from "@tidegate/core-registry";
import type { ASTNode, DefinitionNode, DocumentNode } from "graphql";
import type { DefinitionLimits } from "./limits.ts";
import { textLocation } from "./location.ts";
import { fieldsOf, isExtension, isTypeSystemNode, rootTypes, type TypeSystemNode } from "./type-nodes.ts";

/** The rules for the definitions of one fragment. */
export interface DefinitionRules extends DefinitionLimits {
  /** The most definitions that can wait for other fragments (`waitingFinding`). */
  readonly maxWaiting: number;
  /** The names of the types that the gateway provides. */
  readonly provided: ReadonlySet<string>;
  /** The fields that the gateway provides, such as `Query.node`. */
  readonly providedFields: ReadonlySet<string>;
}

// Each position is looked up in the whole text, and the fragment is refused anyway.
const maxFindings = 20;

/** Returns the definitions of a document that a fragment can contain (S5.1). The others become findings. */
export function checkDefinitions(
  document: DocumentNode,
  typeDefs: string,
  jsonPath: string,
  rules: DefinitionRules,
  addFinding: (finding: Finding) => void,
): TypeSystemNode[] {
  let count = 0;
  const refuse = (code: string, node: ASTNode, message: string, hint: string): false => {
    if (++count > maxFindings) return false;
    const start = ("name" in node ? node.name?.loc : undefined)?.start ?? node.loc?.start ?? 0;
    addFinding({ severity: "error", code, jsonPath, message, hint, ...textLocation(typeDefs, start) });
    return false;
  };
  return document.definitions.filter((node): node is TypeSystemNode => {
    if (!isTypeSystemNode(node)) {
      const { what, hint } = unsupportedDefinition(node);
      return refuse("GRAPHQL_DEFINITION", node, `A fragment cannot contain ${what}.`, hint);
    }
    const name = node.name.value;
    if (!rules.provided.has(name)) return true;
    if (!rootTypes.includes(name)) {
      const message = `The gateway provides \`${name}\`, so a fragment cannot define or extend it.`;
      return refuse("GRAPHQL_PROVIDED", node, message, "Choose another name.");
    }
    if (isExtension(node)) {
      const field = fieldsOf(node).find((each) => rules.providedFields.has(`${name}.${each.name.value}`));
      if (field === undefined) return true;
      const what = `The gateway provides \`${name}.${field.name.value}\`, so a fragment cannot add it.`;
      return refuse("GRAPHQL_PROVIDED", field, what, "Choose another name.");
    }
    const message = `The gateway provides \`${name}\`, so a fragment cannot define it.`;
    return refuse("GRAPHQL_PROVIDED", node, message, `Write \`extend type ${name} { ... }\` to add fields.`);
  });
}

function unsupportedDefinition({ kind }: DefinitionNode): { readonly what: string; readonly hint: string } {
  if (kind.startsWith("Scalar"))
    return {
      what: "scalar definitions",
      hint: "Use a scalar of the gateway: its options define scalars, and `JSON` accepts any value.",
    };
  if (kind.startsWith("Directive"))
    return { what: "directive definitions", hint: "Use the directives that the gateway provides." };
  if (kind.startsWith("Schema"))
    return {
      what: "a `schema` definition",
      hint: "Remove it: the root operation types are Query, Mutation and Subscription.",
    };
  return {
    what: "operations or fragment definitions",
    hint: "Keep only type definitions and type extensions in `typeDefs`.",
  };
}
