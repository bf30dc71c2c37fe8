/** The branch of services and requests that name none (S9.5). */
export const masterBranch = "master";

/** Checks whether a value is an object that is neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a value of unknown type if it is an object, else an empty object. */
export function objectOrEmpty(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** Whether a value is a whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Resolves when `promise` resolves, or after `ms` milliseconds. Expects a promise that does not reject. */
export async function withTimeout(promise: Promise<unknown>, ms: number): Promise<void> {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  promise.then(() => resolve());
  await done;
  clearTimeout(timer);
}
