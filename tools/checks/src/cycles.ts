import { posix } from "node:path";
import { importsOf } from "./imports.ts";
import type { SourceText } from "./repository.ts";

/**
 * Returns the import cycles between files, each as a list of paths. Relative imports of values and of types
 * count.
 */
export function importCycles(files: readonly SourceText[]): string[][] {
  const edges = new Map(files.map((file) => [file.path, targets(file)]));
  dropLeaves(edges);
  const cycles: string[][] = [];
  for (let start = firstKey(edges); start !== undefined; start = firstKey(edges)) {
    const cycle = walk(edges, start);
    cycles.push(cycle);
    for (const path of cycle) edges.delete(path);
    dropLeaves(edges);
  }
  return cycles;
}

function targets(file: SourceText): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => posix.join(posix.dirname(file.path), specifier));
}

/** Removes files that import none of the other files, until every remaining file leads into a cycle. */
function dropLeaves(edges: Map<string, string[]>): void {
  let size: number;
  do {
    size = edges.size;
    for (const [path, to] of edges) if (!to.some((target) => edges.has(target))) edges.delete(path);
  } while (edges.size < size);
}

function walk(edges: ReadonlyMap<string, readonly string[]>, start: string): string[] {
  const trail: string[] = [];
  let path: string | undefined = start;
  while (path !== undefined && !trail.includes(path)) {
    trail.push(path);
    path = edges.get(path)?.find((target) => edges.has(target));
  }
  return path === undefined ? trail : trail.slice(trail.indexOf(path));
}

function firstKey(edges: ReadonlyMap<string, unknown>): string | undefined {
  return edges.keys().next().value;
}
