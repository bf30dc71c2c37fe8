import { type ASTNode, print, visit } from "graphql";
import type { GraphQLInput } from "../schema-input.ts";
import { parseQuietly } from "./parse.ts";

/** A definition's text without what only documents (S1.4): descriptions and comments. Equal texts, equal definitions. */
export function normalText(node: ASTNode): string {
  return print(withoutDescriptions(node));
}

/** The part without what only documents: what is hashed. A text that cannot be read is taken as it is. */
export function fingerprint(input: GraphQLInput): unknown {
  const { description: _, typeDefs, ...rest } = input;
  const document = parseQuietly(typeDefs);
  return { ...rest, typeDefs: document === undefined ? typeDefs : normalText(document) };
}

function withoutDescriptions(node: ASTNode): ASTNode {
  return visit(node, {
    enter: (each) => ("description" in each && each.description !== undefined ? bare(each) : undefined),
  });
}

function bare<Node extends ASTNode>(node: Node): Node {
  return { ...node, description: undefined };
}
