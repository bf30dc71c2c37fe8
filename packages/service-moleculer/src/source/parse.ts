import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { extname } from "node:path";
import { type Expression, type Node, type Program, parse, parseExpressionAt } from "acorn";

/** A parsed source file: a module, or a JSON file, whose root is one expression. */
export interface SourceFile {
  /** The absolute path. */
  readonly path: string;
  readonly text: string;
  readonly root: Program | Expression;
}

/** The largest file that is parsed, in characters. */
const maxLength = 4_000_000;

const options = { ecmaVersion: "latest", allowHashBang: true } as const;

/**
 * Reads and parses a JSON, JavaScript or TypeScript file. Node itself erases the types and keeps the place of
 * everything else; a file whose TypeScript is more than types is not parsed.
 * @returns undefined where the file cannot be read or parsed
 */
export function readSource(path: string): SourceFile | undefined {
  try {
    return parseSource(path, readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Parses the text of a file, as `readSource`. */
export function parseSource(path: string, text: string): SourceFile | undefined {
  try {
    const root = text.length > maxLength ? undefined : parseText(text, extname(path));
    return root && { path, text, root };
  } catch {
    return undefined;
  }
}

function parseText(text: string, extension: string): Program | Expression | undefined {
  if (extension === ".json") return parseExpressionAt(text, 0, options);
  const code = /^\.[cm]?ts$/.test(extension) ? withoutTypes(text) : text;
  return code === undefined ? undefined : parseModule(code);
}

/** Node 22.12 cannot erase types yet. */
function withoutTypes(text: string): string | undefined {
  const { stripTypeScriptTypes } = nodeModule;
  if (stripTypeScriptTypes === undefined) return undefined;
  return withoutWarnings(() => stripTypeScriptTypes(text, { mode: "strip" }));
}

/** Node warns that erasing types is experimental. That is no concern of a service's log. */
function withoutWarnings<Result>(run: () => Result): Result {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function parseModule(code: string): Program {
  try {
    return parse(code, { ...options, sourceType: "module" });
  } catch {
    return parse(code, { ...options, sourceType: "script", allowReturnOutsideFunction: true });
  }
}

/** The nodes directly below a node, in no particular order. */
export function childNodes(node: Node): Node[] {
  return Object.values(node).flatMap((value: unknown) =>
    (Array.isArray(value) ? value : [value]).filter(isNode),
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
