import type { AnyNode, CallExpression, Node } from "acorn";
import { childNodes, readSource, type SourceFile } from "./parse.ts";
import { memberOf, resolveNode, type SourceNode } from "./resolve.ts";
import { isLiteral, textOffset } from "./text.ts";

/** A place in a source file. */
export interface SourcePlace {
  /** The absolute path of the file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Where a value of a fragment is written. */
export interface LocatedValue extends SourcePlace {
  /** The text of the file. */
  readonly text: string;
  /** Whether it is the value itself; false: the nearest part of the fragment around it that was found. */
  readonly exact: boolean;
  /** Where the name of the member is written, as offsets in the text; for an element of a list: itself. */
  readonly key: readonly [start: number, end: number];
  /** Where the value is written; names are followed to what they stand for. */
  readonly value: readonly [start: number, end: number];
}

/** A place in a text of a fragment, such as a function: line and column from 1. */
export interface PlaceInText {
  readonly line: number;
  readonly column: number;
}

/**
 * Finds the value of a fragment in the file that exports it.
 *
 * @param path the absolute path of a JSON file, or of a module
 * @param keys the keys from what the file exports by default to the value, outermost first
 * @param inText the place inside of the value, which is a text
 * @returns undefined where the file cannot be parsed, or exports nothing that was found
 */
export function locateExported(
  path: string,
  keys: readonly string[],
  inText?: PlaceInText,
): LocatedValue | undefined {
  return attempt(() => {
    const source = readSource(path);
    if (source === undefined) return undefined;
    const root = { source, node: source.root };
    const start = source.root.type === "Program" ? memberOf(root, "default")?.value : root;
    return start && locate(start, keys, inText);
  });
}

/**
 * Finds the value of a fragment in the call `tidegate({ api })`, or in `metadata.api` beside that call.
 *
 * @param call the place of the call, as a stack shows it
 * @param keys the keys from the fragment to the value, outermost first
 * @returns undefined where the file cannot be parsed
 */
export function locateInCall(
  call: SourcePlace,
  keys: readonly string[],
  inText?: PlaceInText,
): LocatedValue | undefined {
  return attempt(() => {
    const source = readSource(call.file);
    const path = source && callAt(source, offsetOf(source.text, call));
    const [node] = path ?? [];
    if (source === undefined || path === undefined || node === undefined) return undefined;
    const api = fragmentOfCall(source, node, path);
    return api && locate(api, keys, inText);
  });
}

/** A call and the nodes around it, from the inside to the outside. */
type CallPath = readonly [CallExpression, ...Node[]];

function callAt(source: SourceFile, offset: number): CallPath | undefined {
  let found: CallPath | undefined;
  const visit = (node: Node, around: readonly Node[]): void => {
    if (offset < node.start || offset >= node.end) return;
    const any = node as AnyNode;
    if (any.type === "CallExpression" && offset < (any.arguments[0]?.start ?? any.end))
      found = [any, ...around];
    for (const child of childNodes(node)) visit(child, [node, ...around]);
  };
  visit(source.root, []);
  return found;
}

function fragmentOfCall(source: SourceFile, call: CallExpression, path: CallPath): SourceNode | undefined {
  const [options] = call.arguments;
  const given = options && memberOf({ source, node: options }, "api");
  if (given !== undefined) return given.value;
  for (const node of path) {
    if (node.type !== "ObjectExpression") continue;
    const metadata = memberOf({ source, node }, "metadata");
    const api = metadata && memberOf(metadata.value, "api");
    if (api !== undefined) return api.value;
  }
  return undefined;
}

function locate(start: SourceNode, keys: readonly string[], inText: PlaceInText | undefined): LocatedValue {
  let key = start;
  let value = start;
  let exact = true;
  for (const name of keys) {
    const member = memberOf(value, name) ?? mixinOf(value, name);
    if (member === undefined) {
      exact = false;
      break;
    }
    ({ key, value } = member);
  }
  const { source, node } = keys.length > 0 && exact ? key : resolveNode(key);
  const literal = resolveNode(value);
  const offset = exact && inText !== undefined ? textOffset(literal, inText) : undefined;
  const at = offset === undefined ? { source, offset: node.start } : { source: literal.source, offset };
  return {
    file: at.source.path,
    text: at.source.text,
    ...placeOf(at.source.text, at.offset),
    exact: exact && (inText === undefined || offset !== undefined || !isLiteral(literal)),
    key: [key.node.start, key.node.end],
    value: [literal.node.start, literal.node.end],
  };
}

/** A call in `mixins`, such as `tidegate({ api })`, stands for a mixin with `metadata.api`. */
function mixinOf(value: SourceNode, name: string): ReturnType<typeof memberOf> {
  const { source, node } = resolveNode(value);
  const any = node as AnyNode;
  if (name !== "metadata" || any.type !== "CallExpression") return undefined;
  const [options] = any.arguments;
  if (options === undefined) return undefined;
  return { key: { source, node: options }, value: { source, node: options } };
}

function offsetOf(text: string, { line, column }: PlaceInText): number {
  let start = 0;
  for (let current = 1; current < line; current++) start = text.indexOf("\n", start) + 1;
  return start + column - 1;
}

function placeOf(text: string, offset: number): PlaceInText {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** A source can be anything, so a failure here, such as a module that imports itself, finds nothing. */
function attempt<Result>(find: () => Result | undefined): Result | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}
