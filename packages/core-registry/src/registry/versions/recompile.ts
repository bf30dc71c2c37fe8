import type { Logger } from "../../contracts/logger.ts";
import type { Protocol } from "../../contracts/protocol.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import { Board } from "../claims/claim-table.ts";
import { settleWaiting } from "../claims/waiting.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { assembleAll, partsOf } from "../merge/assemble.ts";
import type { CompiledVersion } from "./compiled-version.ts";
import { makeVersion } from "./version.ts";

/** What compiling a version again needs. */
export interface RecompileOptions {
  /** The protocols, in order. */
  readonly protocols: readonly Protocol[];
  /** A board to begin at: master's as it is. It must not change meanwhile. */
  readonly base: Board;
  /** A version to take unchanged things from. */
  readonly near: CompiledVersion | undefined;
  /** Takes what the protocols write. */
  readonly logger: Logger;
  /** Fires when the result is not wanted any more. */
  readonly signal: AbortSignal;
  /** Gives the event loop its turns. */
  readonly yieldToEventLoop: YieldToEventLoop;
}

/** Compiles a version again from the fragments that it was made of (S9.5): who may have what was decided then. */
export async function recompile(
  fragments: readonly CompiledFragment[],
  { base, protocols, near, logger, signal, yieldToEventLoop }: RecompileOptions,
): Promise<CompiledVersion> {
  const board = new Board(base);
  const wanted = new Map(fragments.map((fragment) => [fragment.service, fragment]));
  for (const service of base.services()) if (!wanted.has(service)) board.unplace(service);
  for (const fragment of fragments) {
    if (board.chosen(fragment.service) === fragment) continue;
    board.place(fragment);
    await yieldToEventLoop();
  }
  await settleWaiting(board, base, yieldToEventLoop);
  const ordered = [...fragments].sort((one, other) => (one.service < other.service ? -1 : 1));
  const parts = partsOf(ordered, board, protocols, near?.parts);
  const previous = near?.version.assembled;
  const { assembled } = await assembleAll(parts, { protocols, previous, logger, signal, yieldToEventLoop });
  const chosen = new Map(ordered.map((fragment) => [fragment.service, fragment]));
  return { version: makeVersion(chosen, parts, protocols, assembled), chosen, parts };
}
