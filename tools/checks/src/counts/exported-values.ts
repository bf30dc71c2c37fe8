import { posix } from "node:path";
import { parseSync } from "oxc-parser";
import { namesOf } from "../exported.ts";

/**
 * Returns the names of the values, not of the types, that a file exports, sorted. It follows `export *` of
 * relative paths.
 * @param readFile returns the text of a file, or `undefined` where there is none
 */
export function exportedValues(path: string, readFile: (path: string) => string | undefined): string[] {
  return [...new Set(valuesOf(path, readFile, new Set()))].sort();
}

function valuesOf(
  path: string,
  readFile: (path: string) => string | undefined,
  visited: Set<string>,
): string[] {
  const text = readFile(path);
  if (text === undefined || visited.has(path)) return [];
  visited.add(path);
  return parseSync(path, text).program.body.flatMap((statement): string[] => {
    if (statement.type === "ExportAllDeclaration") {
      if (statement.exportKind === "type") return [];
      if (statement.exported !== null) return [nameOf(statement.exported)];
      const target = posix.join(posix.dirname(path), statement.source.value);
      return statement.source.value.startsWith(".") ? valuesOf(target, readFile, visited) : [];
    }
    if (statement.type === "ExportDefaultDeclaration") return ["default"];
    if (statement.type !== "ExportNamedDeclaration" || statement.exportKind === "type") return [];
    const listed = statement.specifiers
      .filter(({ exportKind }) => exportKind !== "type")
      .map(({ exported }) => nameOf(exported));
    const { declaration } = statement;
    if (declaration === null || /^TS(Interface|TypeAlias|Module)/.test(declaration.type)) return listed;
    return [...listed, ...namesOf(declaration)];
  });
}

function nameOf(name: { readonly name: string } | { readonly value: string }): string {
  return "name" in name ? name.name : name.value;
}
