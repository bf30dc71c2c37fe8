import { type Node, parseSync, Visitor } from "oxc-parser";
import { lineAt } from "../exported.ts";
import type { SourceText } from "../repository.ts";

/** A function, a method or an arrow function of a file. */
export interface MeasuredFunction {
  /** Its own name, or the name of the variable or property that holds it; `(anonymous)` without either. */
  readonly name: string;
  /** The path of its file from the root. */
  readonly path: string;
  /** The line where it begins, counted from 1. */
  readonly line: number;
  /** Its length in lines, including head and closing brace. */
  readonly lines: number;
}

/** Returns the functions of a file that have more than `limit` lines, the longest first. */
export function longFunctions(file: SourceText, limit: number): MeasuredFunction[] {
  const names = new Map<number, string>();
  const found: MeasuredFunction[] = [];
  const nameValue = (value: Node | null, name: string): void => {
    if (value !== null && !names.has(value.start)) names.set(value.start, name);
  };
  const measure = (node: Node, ownName: string | undefined): void => {
    const line = lineAt(file.text, node.start);
    const lines = lineAt(file.text, node.end) - line + 1;
    const name = ownName ?? names.get(node.start) ?? "(anonymous)";
    if (lines > limit) found.push({ name, path: file.path, line, lines });
  };
  const keyOf = (key: Node): string => file.text.slice(key.start, key.end);
  new Visitor({
    VariableDeclarator: ({ id, init }) => nameValue(init, keyOf(id)),
    AssignmentExpression: ({ left, right }) => nameValue(right, keyOf(left)),
    Property: ({ key, value }) => nameValue(value, keyOf(key)),
    PropertyDefinition: ({ key, value }) => nameValue(value, keyOf(key)),
    MethodDefinition: ({ key, value }) => nameValue(value, keyOf(key)),
    FunctionDeclaration: (node) => measure(node, node.id?.name),
    FunctionExpression: (node) => measure(node, node.id?.name),
    ArrowFunctionExpression: (node) => measure(node, undefined),
  }).visit(parseSync(file.path, file.text).program);
  return found.sort((a, b) => b.lines - a.lines);
}
