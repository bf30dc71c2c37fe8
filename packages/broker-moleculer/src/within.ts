/** Resolves when `done` does, or after `ms` milliseconds. */
export async function within(done: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  done.then(() => resolve());
  await promise;
  clearTimeout(timer);
}
