/** The path of a property below the argument. The empty path is the whole argument. */
export type Path = readonly string[];

/** Several paths below the argument of one function. */
export type Paths = readonly Path[];

const maxPathLength = 8;
const maxPaths = 64;

/**
 * Appends a key to a path. Returns undefined where the path would become longer than the analysis follows.
 */
export function appendKey(path: Path, key: string): Path | undefined {
  return path.length < maxPathLength ? [...path, key] : undefined;
}

/** Distinct paths in the order of their insertion; ignores further paths once it is full. */
export class PathSet {
  readonly #paths = new Map<string, Path>();

  get all(): Paths {
    return [...this.#paths.values()];
  }

  /** True after more than 64 paths were added. */
  get full(): boolean {
    return this.#paths.size > maxPaths;
  }

  /** Returns false where the path was there before. */
  add(path: Path): boolean {
    const key = JSON.stringify(path);
    if (this.#paths.has(key) || this.full) return false;
    this.#paths.set(key, path);
    return true;
  }
}

/** The fewest paths that cover the same properties; `all` where one of them is the whole argument. */
export function minimalPaths(paths: Paths): Paths | "all" {
  if (paths.some(({ length }) => length === 0)) return "all";
  const shortestFirst = [...paths].sort((one, other) => one.length - other.length);
  const kept: Path[] = [];
  for (const path of shortestFirst) if (!kept.some((cover) => covers(cover, path))) kept.push(path);
  return kept;
}

/** Tests whether a path is `cover` or below it. */
export function covers(cover: Path, path: Path): boolean {
  return cover.length <= path.length && cover.every((key, index) => path[index] === key);
}
