import type { Clock, Context, HttpRequest, Scope } from "@tidegate/core-registry";

/** The longest time that a timer can wait: 24.8 days. */
const longestMs = 2 ** 31 - 1;

/** When the token that the request came with expires: asked for here, so that the socket's context has it (S6.3). */
export async function tokenExpiry(request: HttpRequest, scope: Scope): Promise<number | undefined> {
  if (request.header("authorization") === undefined) return undefined;
  try {
    await scope.context.prepare(["auth"]);
    return expiryOf(scope.context);
  } catch {
    // A token that is not valid matters only where somebody asks for it (S12.4).
    return undefined;
  }
}

/** Calls `run` at a time, however far off. Returns what takes it back. */
export function at(time: number, clock: Clock, run: () => void): () => void {
  const wait = (): (() => void) => {
    const left = time - clock.now();
    return left <= longestMs ? clock.after(Math.max(0, left), run) : clock.after(longestMs, again);
  };
  let stop: () => void;
  const again = (): void => {
    stop = wait();
  };
  stop = wait();
  return () => stop();
}

/** Until when the context's `auth` holds, where it is there and says so: milliseconds since the epoch. */
function expiryOf(context: Context): number | undefined {
  const auth = context.view("auth");
  if (typeof auth !== "object" || auth === null || !("expiresAt" in auth)) return undefined;
  return typeof auth.expiresAt === "number" ? auth.expiresAt : undefined;
}
