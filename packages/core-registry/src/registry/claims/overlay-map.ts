/**
 * A map over a parent map: it reads through to the parent, and keeps what is set in it until `commit`. So a
 * change of a large map can be tried and dropped for what the change itself costs.
 */
export class OverlayMap<Value> {
  readonly #parent: OverlayMap<Value> | undefined;
  /** An undefined value removes the parent's. */
  #own = new Map<string, Value | undefined>();

  /** @param parent must not change as long as this map is used */
  constructor(parent?: OverlayMap<Value>) {
    this.#parent = parent;
  }

  /** The value of a key, here or in the parent. */
  get(key: string): Value | undefined {
    const own = this.#own.get(key);
    return own !== undefined || this.#parent === undefined || this.#own.has(key)
      ? own
      : this.#parent.get(key);
  }

  /** Whether the key was set or removed in this map itself. */
  hasOwn(key: string): boolean {
    return this.#own.has(key);
  }

  /** Sets a value; undefined removes it. */
  set(key: string, value: Value | undefined): void {
    if (value === undefined && this.#parent === undefined) this.#own.delete(key);
    else this.#own.set(key, value);
  }

  /** Every key that has a value, the parent's first. */
  keys(): string[] {
    const keys = this.#parent?.keys().filter((key) => !this.#own.has(key)) ?? [];
    this.#own.forEach((value, key) => {
      if (value !== undefined) keys.push(key);
    });
    return keys;
  }

  /** What was set or removed in this map itself. */
  ownEntries(): ReadonlyMap<string, Value | undefined> {
    return this.#own;
  }

  /** Writes the own entries into the parent and forgets them here. */
  commit(): void {
    const parent = this.#parent;
    if (parent === undefined) return;
    if (parent.#parent === undefined && parent.#own.size === 0) {
      for (const [key, value] of this.#own) if (value === undefined) this.#own.delete(key);
      parent.#own = this.#own;
    } else for (const [key, value] of this.#own) parent.set(key, value);
    this.#own = new Map();
  }
}
