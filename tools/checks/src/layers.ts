import { posix } from "node:path";
import { importsOf } from "./imports.ts";
import type { SourceText } from "./repository.ts";

/** The source folder of the core. */
export const coreSource = "packages/core-registry/src";

/**
 * The layers of the core, lowest first. A layer can import itself and the layers before it, values and types
 * alike.
 */
export const layers = ["contracts", "runtime", "registry", "gateway"] as const;

/** The entries of the core that other packages can import: plugins need no more, and so depend on no more. */
export const publicEntries: readonly string[] = [
  "@tidegate/core-registry",
  "@tidegate/core-registry/runtime",
];

type Layer = (typeof layers)[number];

/** The imports of one file of the core that point to a higher layer, a line each. */
export function layerFaults(file: SourceText): string[] {
  const layer = layerOf(file.path);
  if (layer === undefined) return [];
  return importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .flatMap((specifier) => {
      const target = layerOf(posix.join(posix.dirname(file.path), specifier));
      if (target === undefined || layers.indexOf(target) <= layers.indexOf(layer)) return [];
      return [`${file.path}: the layer ${layer} must not import ${specifier} of the higher layer ${target}`];
    });
}

/**
 * The imports of a package's file from an entry of the core that only the gateway and the tools can use, a
 * line each.
 */
export function entryFaults(file: SourceText): string[] {
  return importsOf(file)
    .filter((specifier) => /^@tidegate\/core-registry(\/|$)/.test(specifier))
    .filter((specifier) => !publicEntries.includes(specifier))
    .map(
      (specifier) =>
        `${file.path}: a package must not import ${specifier}; use ${publicEntries.join(" or ")}`,
    );
}

// The root entry belongs to the contracts: it exports nothing else.
function layerOf(path: string): Layer | undefined {
  if (path === `${coreSource}/index.ts`) return "contracts";
  return layers.find((layer) => path.startsWith(`${coreSource}/${layer}/`));
}
