import type { Finding } from "@tidegate/core-registry";
import { codeFrame } from "@tidegate/core-registry/runtime";
import { type DefinitionNode, type DocumentNode, GraphQLError, getLocation, parse, Source } from "graphql";
import type { GraphQLInput } from "./input.ts";
import {
  isExtension,
  isTypeSystemNode,
  printWithoutDescriptions,
  rootTypes,
  type TypeSystemNode,
} from "./type-nodes.ts";

/** The most tokens that the `typeDefs` of one fragment can have. Far more than `maxTypes` types need. */
const maxLexicalTokens = 200_000;

/**
 * Parses the `typeDefs` of a fragment, with locations for messages. `parseWithoutLocations` makes the
 * document to keep.
 * @param service names the source, so that errors tell whose definition they are about
 * @param jsonPath the path of `typeDefs` in the fragment
 * @returns undefined after a syntax error, which goes to `addFinding`
 */
export function parseTypeDefs(
  typeDefs: string,
  service: string,
  jsonPath: string,
  addFinding: (finding: Finding) => void,
): DocumentNode | undefined {
  try {
    return parse(new Source(typeDefs, service), { maxLexicalTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // A text of blanks and comments is an empty document here. graphql-js reports a syntax error.
    if (isBlank(typeDefs)) return { kind: "Document", definitions: [] } as DocumentNode;
    addFinding({
      severity: "error",
      code: "GRAPHQL_SYNTAX",
      jsonPath,
      message: error.message,
      ...textLocation(typeDefs, error.positions?.[0] ?? 0),
    });
    return undefined;
  }
}

/**
 * Parses `typeDefs` without locations, which saves two thirds of the memory. Returns undefined after a syntax
 * error.
 */
export function parseWithoutLocations(typeDefs: string): DocumentNode | undefined {
  try {
    return parse(typeDefs, { noLocation: true, maxLexicalTokens });
  } catch {
    return undefined;
  }
}

/** The input without descriptions and comments, to be hashed. A text with a syntax error stays as it is. */
export function fingerprint(input: GraphQLInput): unknown {
  const { description: _, typeDefs, ...rest } = input;
  const document = parseWithoutLocations(typeDefs);
  return { ...rest, typeDefs: document === undefined ? typeDefs : printWithoutDescriptions(document) };
}

/** A position in a text: line, column and the lines around it. */
export type TextLocation = Required<Pick<Finding, "line" | "column" | "frame">>;

/**
 * Locates an offset in a text.
 * @param offset in characters
 */
export function textLocation(text: string, offset: number): TextLocation {
  const { line, column } = getLocation(new Source(text), offset);
  return { line, column, frame: codeFrame(text, line, column) };
}

/** The rules for the definitions of one fragment. */
export interface DefinitionRules {
  /** The most types that one fragment can define or extend. */
  readonly maxTypes: number;
  /** The names of the types that the gateway provides. */
  readonly provided: ReadonlySet<string>;
}

/** Returns the definitions of a document that a fragment can contain (S5.1). The others become findings. */
export function checkDefinitions(
  document: DocumentNode,
  typeDefs: string,
  jsonPath: string,
  rules: DefinitionRules,
  addFinding: (finding: Finding) => void,
): TypeSystemNode[] {
  const refuse = (code: string, node: DefinitionNode, message: string, hint: string): false => {
    const start = ("name" in node ? node.name?.loc : undefined)?.start ?? node.loc?.start ?? 0;
    addFinding({ severity: "error", code, jsonPath, message, hint, ...textLocation(typeDefs, start) });
    return false;
  };
  const types = document.definitions.filter((node): node is TypeSystemNode => {
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
    if (isExtension(node)) return true;
    const message = `The gateway provides \`${name}\`, so a fragment cannot define it.`;
    return refuse("GRAPHQL_PROVIDED", node, message, `Write \`extend type ${name} { ... }\` to add fields.`);
  });
  const { size } = new Set(types.map((node) => node.name.value));
  if (size > rules.maxTypes)
    addFinding({
      severity: "error",
      code: "GRAPHQL_TOO_MANY_TYPES",
      jsonPath,
      message: "The fragment defines or extends too many types.",
      expected: `at most ${rules.maxTypes}`,
      found: String(size),
    });
  return types;
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

function isBlank(text: string): boolean {
  return /^(?:[\s,\uFEFF]|#.*)*$/.test(text);
}
