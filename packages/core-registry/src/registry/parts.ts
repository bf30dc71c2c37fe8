import type { Part, Protocol } from "../contracts/protocol.ts";
import type { CompiledVersion } from "../difference/compiled-version.ts";
import type { Board } from "./board.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { indexOf } from "./fragment-index.ts";

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
