import type { Finding } from "@tidegate/core-registry";
import { type DocumentNode, GraphQLError, parse, Source } from "graphql";
import { placeOf } from "./place.ts";

/** How large a fragment's typeDefs may be, in GraphQL's tokens: far more than its types may need. */
const maxLexicalTokens = 200_000;

/**
 * Reads typeDefs. With places, for messages: the one that is kept has none (`parseQuietly`).
 * @param name of the source: tells whose definition an error is about
 * @param jsonPath where the text stands
 */
export function parseTypeDefs(
  text: string,
  name: string,
  jsonPath: string,
  found: (finding: Finding) => void,
): DocumentNode | undefined {
  try {
    return parse(new Source(text, name), { maxLexicalTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // Nothing but blanks and comments defines nothing, and is not wrong.
    if (isBlank(text)) return { kind: "Document", definitions: [] } as DocumentNode;
    found(syntaxFinding(error, text, jsonPath));
    return undefined;
  }
}

/** Reads typeDefs without places, which saves two thirds of the memory. Undefined where it cannot. */
export function parseQuietly(text: string): DocumentNode | undefined {
  try {
    return parse(text, { noLocation: true, maxLexicalTokens });
  } catch {
    return undefined;
  }
}

function isBlank(text: string): boolean {
  return /^(?:[\s,\uFEFF]|#.*)*$/.test(text);
}

function syntaxFinding(error: GraphQLError, text: string, jsonPath: string): Finding {
  return {
    severity: "error",
    code: "GRAPHQL_SYNTAX",
    jsonPath,
    message: error.message,
    ...placeOf(text, error.positions?.[0] ?? 0),
  };
}
