import type { AnyNode } from "acorn";
import type { SourceNode } from "./resolve.ts";

/** Whether a node is a text without inserted values: a string, or a template. */
export function isLiteral({ node }: SourceNode): boolean {
  return contentOf(node as AnyNode) !== undefined;
}

/**
 * The offset in the file at which a place of a text is written. Escapes count as the character that they
 * stand for.
 * @returns undefined where the node is no text, or the text has no such place
 */
export function textOffset(
  { source, node }: SourceNode,
  { line, column }: { readonly line: number; readonly column: number },
): number | undefined {
  const content = contentOf(node as AnyNode);
  if (content === undefined) return undefined;
  const [start, end] = content;
  let current = { line: 1, column: 1 };
  let offset = start;
  for (const [raw] of source.text.slice(start, end).matchAll(character)) {
    if (current.line === line && current.column >= column) return offset;
    current = after(current, raw);
    offset += raw.length;
    if (current.line > line) return undefined;
  }
  return current.line === line ? offset : undefined;
}

/** The characters between the quotes of a string or template, as offsets. */
function contentOf(node: AnyNode): readonly [start: number, end: number] | undefined {
  if (node.type === "Literal")
    return typeof node.value === "string" ? [node.start + 1, node.end - 1] : undefined;
  if (node.type === "TaggedTemplateExpression") return contentOf(node.quasi);
  if (node.type !== "TemplateLiteral" || node.expressions.length > 0) return undefined;
  return [node.start + 1, node.end - 1];
}

/** One character of a text as it is written: an escape, or the character itself. */
const character = /\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|[\s\S])|\r\n|[\s\S]/g;

function after(place: { line: number; column: number }, raw: string): { line: number; column: number } {
  // A backslash at the end of a line continues the string: it stands for nothing.
  if (/^\\[\r\n]/.test(raw)) return place;
  if (raw === "\\n" || raw === "\n" || raw === "\r\n" || raw === "\\u000a" || raw === "\\u000A")
    return { line: place.line + 1, column: 1 };
  return { line: place.line, column: place.column + 1 };
}
