import { type LoadResult, makeLoad } from "@tidegate/bench";
import { requests } from "./steady.ts";

/** What the load's process is told: to begin, with how many connections, or to end. */
export type LoadMessage = { readonly port: number; readonly connections: number } | { readonly end: true };

/** What it tells when it has ended. */
export interface LoadAnswer {
  /** What came of it. */
  readonly load: LoadResult;
}

let ending = new AbortController();
process.on("disconnect", () => process.exit());
process.on("message", async (message: LoadMessage) => {
  if ("end" in message) {
    ending.abort();
    return;
  }
  ending = new AbortController();
  const answer: LoadAnswer = { load: await makeLoad({ ...message, requests, signal: ending.signal }) };
  process.send?.(answer);
});
