import { parseSync } from "oxc-parser";
import type { SourceText } from "./repository.ts";

/** Texts that look like codes, and are names of Moleculer or graphql-js. */
export const foreignCodes: readonly string[] = [
  "BAD_GATEWAY",
  "DESCRIPTION_CHANGED",
  "GOSSIP_HELLO",
  "GOSSIP_REQ",
  "GOSSIP_RES",
  "MAX_CALL_LEVEL",
  "QUEUE_FULL",
  "REQUEST_CANCELLED",
  "REQUEST_REJECTED",
  "REQUEST_SKIPPED",
  "SERVICE_NOT_AVAILABLE",
  "SERVICE_NOT_FOUND",
];

const code = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;

/**
 * The codes of findings and errors that a source file can produce: every text of two or more words in
 * capitals, and the keys of the table `errorCodes`.
 */
export function codesIn({ path, text }: SourceText): string[] {
  const { program } = parseSync(path, text);
  const codes = new Set<string>();
  visit(program, (node) => {
    const { type, value, id, init } = node;
    if (type === "Literal" && typeof value === "string" && code.test(value)) codes.add(value);
    if (type === "VariableDeclarator" && nameOf(id) === "errorCodes")
      for (const key of keysOf(init)) codes.add(key);
  });
  return [...codes].sort();
}

/** The codes that a page explains: its headings of the third level. */
export function explainedIn(page: string): string[] {
  return [...page.matchAll(/^### ([A-Z_]+)$/gm)].map(([, heading]) => heading ?? "");
}

type Node = Readonly<Record<string, unknown>>;

function visit(value: unknown, see: (node: Node) => void): void {
  if (!isNode(value)) return;
  if (typeof value.type === "string") see(value);
  for (const child of Object.values(value)) visit(child, see);
}

function keysOf(object: unknown): string[] {
  const keys: string[] = [];
  // The table is written `{ ... } as const`.
  const table = isNode(object) && object.type === "TSAsExpression" ? object.expression : object;
  const properties = isNode(table) && Array.isArray(table.properties) ? table.properties : [];
  for (const property of properties) {
    const name = isNode(property) ? nameOf(property.key) : undefined;
    if (name !== undefined) keys.push(name);
  }
  return keys;
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && typeof node.name === "string" ? node.name : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}
