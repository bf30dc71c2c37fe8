import type { Finding } from "@tidegate/core-registry";
import { type DocumentNode, GraphQLError, parse, Source } from "graphql";
import type { GraphQLInput } from "./input.ts";
import { type DefinitionLimits, exceedsLimits } from "./limits.ts";
import { textLocation } from "./location.ts";
import { printWithoutDescriptions } from "./type-nodes.ts";

/**
 * The most tokens that the `typeDefs` of one fragment can have. Far more than the other limits allow, so that
 * the finding names one of these in most cases; few enough to parse them in some 30 ms.
 */
const maxLexicalTokens = 200_000;

// graphql-js has no class or code for this error.
const tooManyTokens = `${maxLexicalTokens} tokens. Parsing aborted.`;

/** The deepest nesting of brackets. graphql-js walks types and values by recursion. */
const maxNesting = 100;

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
  const tooDeep = offsetOfDeepNesting(typeDefs);
  if (tooDeep !== undefined) {
    addFinding(deepFinding(typeDefs, jsonPath, tooDeep));
    return undefined;
  }
  try {
    return parse(new Source(typeDefs, service), { maxLexicalTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // A text of blanks and comments is an empty document here. graphql-js reports a syntax error.
    if (isBlank(typeDefs)) return { kind: "Document", definitions: [] } as DocumentNode;
    addFinding(syntaxFinding(typeDefs, jsonPath, error));
    return undefined;
  }
}

function deepFinding(typeDefs: string, jsonPath: string, offset: number): Finding {
  return {
    severity: "error",
    code: "GRAPHQL_TOO_DEEP",
    jsonPath,
    message: "The brackets of the definitions are nested too deeply.",
    expected: `at most ${maxNesting} levels`,
    ...textLocation(typeDefs, offset),
  };
}

function syntaxFinding(typeDefs: string, jsonPath: string, { message, positions }: GraphQLError): Finding {
  if (message.includes(tooManyTokens))
    return {
      severity: "error",
      code: "GRAPHQL_TOO_LARGE",
      jsonPath,
      message: "The definitions are too long to be read.",
      expected: `at most ${maxLexicalTokens} tokens (names, values and punctuators)`,
      found: `${typeDefs.length} characters`,
      hint: "Split the fragment: it is far over the limits of fields and values too.",
    };
  return {
    severity: "error",
    code: "GRAPHQL_SYNTAX",
    jsonPath,
    message,
    ...textLocation(typeDefs, positions?.[0] ?? 0),
  };
}

/**
 * Parses `typeDefs` without locations, which saves two thirds of the memory. Returns undefined after a syntax
 * error.
 */
export function parseWithoutLocations(typeDefs: string): DocumentNode | undefined {
  if (offsetOfDeepNesting(typeDefs) !== undefined) return undefined;
  try {
    return parse(typeDefs, { noLocation: true, maxLexicalTokens });
  } catch {
    return undefined;
  }
}

/**
 * The input without descriptions and comments, to be hashed. A text with a syntax error, or over the limits,
 * stays as it is: it is refused, and printing it would take long.
 */
export function fingerprint(input: GraphQLInput, limits: DefinitionLimits): unknown {
  const { description: _, typeDefs, ...rest } = input;
  const document = parseWithoutLocations(typeDefs);
  if (document === undefined || exceedsLimits(document, limits)) return { ...rest, typeDefs };
  return { ...rest, typeDefs: printWithoutDescriptions(document) };
}

// Strings and comments can contain brackets that do not count.
const bracketPattern = /"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n])*"|#.*|[[{(]|[\]})]/g;

/** Returns the offset of the first bracket below `maxNesting` levels. */
function offsetOfDeepNesting(text: string): number | undefined {
  let level = 0;
  for (const { 0: token, index } of text.matchAll(bracketPattern)) {
    if (token === "[" || token === "{" || token === "(") level++;
    else if (token === "]" || token === "}" || token === ")") level--;
    if (level > maxNesting) return index;
  }
  return undefined;
}

function isBlank(text: string): boolean {
  return /^(?:[\s,\uFEFF]|#.*)*$/.test(text);
}
