/** A path into the argument; empty: all of it. */
export type Path = readonly string[];

/** Several. */
export type Paths = readonly Path[];

const deepest = 8;
const most = 64;

/** A path one longer, or undefined where it would be too long to follow. */
export function extend(path: Path, key: string): Path | undefined {
  return path.length < deepest ? [...path, key] : undefined;
}

/** Different paths, in order; at most 64. */
export class PathSet {
  readonly #paths = new Map<string, Path>();

  /** All of them. */
  get all(): Paths {
    return [...this.#paths.values()];
  }

  /** There were more than it holds. */
  get full(): boolean {
    return this.#paths.size > most;
  }

  /** Adds one; false where it was there. */
  add(path: Path): boolean {
    const key = JSON.stringify(path);
    if (this.#paths.has(key) || this.full) return false;
    this.#paths.set(key, path);
    return true;
  }
}

/** The fewest paths that cover the same; `all` where one of them is the whole. */
export function covering(paths: Paths): Paths | "all" {
  if (paths.some(({ length }) => length === 0)) return "all";
  const shortest = [...paths].sort((one, other) => one.length - other.length);
  const kept: Path[] = [];
  for (const path of shortest) if (!kept.some((cover) => covers(cover, path))) kept.push(path);
  return kept;
}

/** Whether everything at a path lies below another. */
export function covers(cover: Path, path: Path): boolean {
  return cover.length <= path.length && cover.every((key, index) => path[index] === key);
}
