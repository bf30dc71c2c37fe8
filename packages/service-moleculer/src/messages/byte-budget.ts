/** Bytes that several users share. A user waits until there are enough, in the order of arrival. */
export class ByteBudget {
  #left: number;
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = [];

  /** @param total at least as many bytes as one user takes at once */
  constructor(total: number) {
    this.#left = total;
  }

  /** Resolves with a function that gives the bytes back; it has to be called once. */
  async take(bytes: number): Promise<() => void> {
    if (this.#waiting.length > 0 || bytes > this.#left) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push({ bytes, grant: resolve });
      await promise;
    } else this.#left -= bytes;
    return () => {
      this.#left += bytes;
      this.#grantNext();
    };
  }

  #grantNext(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || next.bytes > this.#left) return;
      this.#waiting.shift();
      this.#left -= next.bytes;
      next.grant();
    }
  }
}
