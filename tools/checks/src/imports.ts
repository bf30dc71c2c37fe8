import { parseSync, Visitor } from "oxc-parser";
import type { SourceText } from "./repository.ts";

/**
 * Returns the specifiers that a file imports or re-exports, each once: values, types, and dynamic imports of
 * literals.
 */
export function importsOf(file: SourceText): string[] {
  const found = new Set<string>();
  const add = (source: { readonly value: unknown } | null): void => {
    if (typeof source?.value === "string") found.add(source.value);
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ImportExpression: (node) => {
      if (node.source.type === "Literal") add(node.source);
    },
    TSImportType: (node) => add(node.source),
  }).visit(parseSync(file.path, file.text).program);
  return [...found];
}

/**
 * Returns the specifiers that a file imports or re-exports at run time, each once. `import type` does
 * not count; `import { type A } from "a"` does, because it still loads `a`.
 */
export function valueImportsOf(file: SourceText): string[] {
  const found = new Set<string>();
  new Visitor({
    ImportDeclaration: ({ importKind, source }) => {
      if (importKind === "value") found.add(source.value);
    },
    ExportAllDeclaration: ({ exportKind, source }) => {
      if (exportKind === "value") found.add(source.value);
    },
    ExportNamedDeclaration: ({ exportKind, source }) => {
      if (exportKind === "value" && source !== null) found.add(source.value);
    },
    ImportExpression: ({ source }) => {
      if (source.type === "Literal" && typeof source.value === "string") found.add(source.value);
    },
  }).visit(parseSync(file.path, file.text).program);
  return [...found];
}

/**
 * Returns the package that a specifier names (`@a/b` for `@a/b/c`), or `undefined` for a path or a module of
 * Node.
 */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("/") || specifier.startsWith("node:"))
    return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
