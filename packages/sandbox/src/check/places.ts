import { covers, type Path, PathSet, type Paths } from "./paths.ts";

/** The places where a function names paths of its argument, those of which the analysis is certain. */
export class Places {
  /** Paths that the function gives a value. */
  readonly #written = new PathSet();
  /** Paths of variables that get several values: what is read below them can be read of another value. */
  readonly #reassigned = new PathSet();
  /** Where each path is named first, by its JSON. */
  readonly #offsets = new Map<string, number>();

  /** @param offset in the script */
  add(path: Path, offset: number): void {
    const key = JSON.stringify(path);
    this.#offsets.set(key, Math.min(offset, this.#offsets.get(key) ?? offset));
  }

  addWritten(paths: Paths): void {
    for (const path of paths) this.#written.add(path);
  }

  addReassigned(paths: Paths): void {
    for (const path of paths) this.#reassigned.add(path);
  }

  /** The offset in the script where a path is named first; undefined where that is not certain. */
  offsetOf(path: Path): number | undefined {
    const isWritten = this.#written.all.some((other) => covers(other, path));
    const isOfOther = this.#reassigned.all.some((other) => other.length < path.length && covers(other, path));
    return isWritten || isOfOther ? undefined : this.#offsets.get(JSON.stringify(path));
  }
}
