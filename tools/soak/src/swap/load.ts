import { type LoadResult, makeLoad } from "@tidegate/bench";
import { requests } from "./steady.ts";

/** A message to the process of the load: start with a number of connections, or stop. */
export type LoadMessage = { readonly port: number; readonly connections: number } | { readonly end: true };

/** The answer of the process after the load has stopped. */
export interface LoadAnswer {
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
