import { TidegateError } from "@tidegate/core-registry";

const timeout = 30_000;

/**
 * The URL of one of a running gateway's own pages.
 * @param gateway its URL, a branch's prefix allowed
 */
export function pageUrl(gateway: string, path: string): string {
  return `${gateway.replace(/\/+$/, "")}${path}`;
}

/**
 * Asks a running gateway.
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` where it cannot be reached within 30 s
 */
export async function requestGateway(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(timeout) });
  } catch (cause) {
    const reason =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new TidegateError("DEPENDENCY_UNAVAILABLE", `The gateway at ${url} cannot be reached: ${reason}`, {
      cause,
    });
  }
}
