/**
 * A map that may lie over another one: it reads through, and what is set in it stays in it until it is committed. So a
 * change of a large map can be tried, and thrown away, for what the change costs.
 */
export class Layer<Value> {
  readonly #below: Layer<Value> | undefined;
  #own = new Map<string, Value | undefined>();

  /** @param below what it lies over, which must not change meanwhile */
  constructor(below?: Layer<Value>) {
    this.#below = below;
  }

  /** What is there. */
  get(key: string): Value | undefined {
    const own = this.#own.get(key);
    return own !== undefined || this.#below === undefined || this.#own.has(key) ? own : this.#below.get(key);
  }

  /** Whether this layer itself says something of a key. */
  owns(key: string): boolean {
    return this.#own.has(key);
  }

  /** Sets a value; undefined takes it out. */
  set(key: string, value: Value | undefined): void {
    if (value === undefined && this.#below === undefined) this.#own.delete(key);
    else this.#own.set(key, value);
  }

  /** Every key that is there, those of below first. */
  keys(): string[] {
    const keys = this.#below?.keys().filter((key) => !this.#own.has(key)) ?? [];
    this.#own.forEach((value, key) => {
      if (value !== undefined) keys.push(key);
    });
    return keys;
  }

  /** The keys that this layer says something of, and what. */
  changes(): ReadonlyMap<string, Value | undefined> {
    return this.#own;
  }

  /** Puts what this layer says into the one below, and forgets it here. */
  commit(): void {
    const below = this.#below;
    if (below === undefined) return;
    if (below.#below === undefined && below.#own.size === 0) {
      for (const [key, value] of this.#own) if (value === undefined) this.#own.delete(key);
      below.#own = this.#own;
    } else for (const [key, value] of this.#own) below.set(key, value);
    this.#own = new Map();
  }
}
