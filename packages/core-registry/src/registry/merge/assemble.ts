import type { Logger } from "../../contracts/logger.ts";
import type { Assembled, Part, Protocol } from "../../contracts/protocol.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import { indexOf } from "../claims/claim-index.ts";
import type { Board } from "../claims/claim-table.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";

/** What assembling found wrong with one fragment. */
export interface AssemblyFault {
  /** Whose fragment. */
  readonly origin: Origin;
  /** What. */
  readonly finding: Finding;
}

/** What assembling needs. */
export interface AssembleOptions {
  /** The protocols, in order. */
  readonly protocols: readonly Protocol[];
  /** What was assembled before, or for the branch that is forked. */
  readonly previous: ReadonlyMap<string, Assembled> | undefined;
  /** Takes what the protocols write. */
  readonly logger: Logger;
  /** Fires when the result is not wanted any more. */
  readonly signal: AbortSignal;
  /** Gives the event loop its turns. */
  readonly yieldToEventLoop: YieldToEventLoop;
}

/** Each protocol's whole of its parts, and what cannot be part of it. */
export async function assembleAll(
  parts: Parts,
  { protocols, previous, logger, signal, yieldToEventLoop }: AssembleOptions,
): Promise<{
  readonly assembled: ReadonlyMap<string, Assembled>;
  readonly faults: readonly AssemblyFault[];
}> {
  const faults: AssemblyFault[] = [];
  const assembled = new Map<string, Assembled>();
  for (const protocol of protocols) {
    const own = parts.get(protocol.key) ?? new Map<string, Part>();
    const share =
      protocol.assemble === undefined
        ? new SideBySide(own)
        : protocol.assemble([...own.values()], {
            previous: previous?.get(protocol.key),
            addFinding: (origin, finding) => {
              if (finding.severity === "error") faults.push({ origin, finding });
            },
            logger,
            signal,
          });
    assembled.set(protocol.key, share instanceof Promise ? await share : share);
    await yieldToEventLoop();
  }
  return { assembled, faults };
}

/** The routes and endpoints of parts that do not know of each other. */
class SideBySide implements Assembled {
  readonly routes: Assembled["routes"];
  readonly #parts: ReadonlyMap<string, Part>;

  constructor(parts: ReadonlyMap<string, Part>) {
    this.#parts = parts;
    this.routes = [...parts.values()].flatMap(({ compiled }) =>
      compiled.routes === undefined || compiled.routes.length === 0 ? [] : [compiled.routes],
    );
  }

  get endpoints(): Assembled["endpoints"] {
    return [...this.#parts.values()].flatMap(({ compiled, waiting }) =>
      waiting.size === 0 ? compiled.endpoints : compiled.endpoints.filter(({ key }) => !waiting.has(key)),
    );
  }
}

/** The parts of a version by protocol, then by service in the order of names. */
export type Parts = CompiledVersion["parts"];

/**
 * Puts the parts of the fragments on a board together. A part that did not change is the same object as before.
 * @param before parts to take unchanged ones from
 */
export function partsOf(
  fragments: readonly CompiledFragment[],
  board: Board,
  protocols: readonly Protocol[],
  before: Parts | undefined,
): Parts {
  return new Map(
    protocols.map(({ key }) => {
      const known = before?.get(key);
      const parts = new Map<string, Part>();
      for (const fragment of fragments) {
        const part = partOf(fragment, key, board, known?.get(fragment.service));
        if (part !== undefined) parts.set(fragment.service, part);
      }
      return [key, parts];
    }),
  );
}

function partOf(
  fragment: CompiledFragment,
  protocol: string,
  board: Board,
  before: Part | undefined,
): Part | undefined {
  const compiled = fragment.parts.get(protocol);
  if (compiled === undefined) return undefined;
  const { service, hash } = fragment;
  const waiting = waitingOf(fragment, protocol, board);
  if (before?.compiled === compiled && isSame(before.waiting, waiting)) return before;
  return { origin: { service, hash, jsonPath: `protocol.${protocol}` }, compiled, waiting };
}

function waitingOf(fragment: CompiledFragment, protocol: string, board: Board): ReadonlySet<string> {
  const keys = board.waiting(fragment.service);
  if (keys.size === 0) return none;
  const own = indexOf(fragment).claims.filter((claim) => claim.protocol === protocol && keys.has(claim.key));
  return own.length === 0 ? none : new Set(own.map(({ claim }) => claim.key));
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one === other || (one.size === other.size && one.isSubsetOf(other));
}

const none: ReadonlySet<string> = new Set();
