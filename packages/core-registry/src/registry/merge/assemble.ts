import type { Assembled, Part, Protocol } from "../../contracts/protocol.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import { indexOf } from "../claims/claim-index.ts";
import type { ClaimTable } from "../claims/claim-table.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Runtime } from "../runtime.ts";
import type { CompiledVersion, Parts } from "../versions/compiled-version.ts";

/** An error that a protocol found when it assembled the whole. */
export interface AssemblyFault {
  readonly origin: Origin;
  readonly finding: Finding;
}

/**
 * Collects the parts of the fragments by protocol. A part that did not change is the same object as in
 * `known`.
 * @param fragments in the order of their services' names
 */
export function collectParts(
  fragments: readonly CompiledFragment[],
  table: ClaimTable,
  protocols: readonly Protocol[],
  known: Parts | undefined,
): Parts {
  return new Map(
    protocols.map(({ key }) => {
      const knownParts = known?.get(key);
      const parts = new Map<string, Part>();
      for (const fragment of fragments) {
        const part = partOf(fragment, key, table, knownParts?.get(fragment.service));
        if (part !== undefined) parts.set(fragment.service, part);
      }
      return [key, parts];
    }),
  );
}

/**
 * Whether a version is made of exactly these fragments and parts, as objects: documentation is not part of a
 * fragment's hash (S1.4), so that equal hashes with new documentation are other objects.
 */
export function isUnchanged(
  version: CompiledVersion,
  fragments: readonly CompiledFragment[],
  parts: Parts,
): boolean {
  if (version.chosen.size !== fragments.length) return false;
  if (fragments.some((fragment) => version.chosen.get(fragment.service) !== fragment)) return false;
  return [...parts].every(([protocol, byService]) => {
    const known = version.parts.get(protocol);
    for (const service of byService.keys()) if (known?.get(service) !== byService.get(service)) return false;
    return true;
  });
}

/**
 * Lets each protocol make one whole of its parts, for example the GraphQL schema of a branch.
 * @param previous what was assembled before: protocols take unchanged things from it
 */
export async function assemble(
  parts: Parts,
  protocols: readonly Protocol[],
  previous: ReadonlyMap<string, Assembled> | undefined,
  { logger, signal, yieldToEventLoop }: Pick<Runtime, "logger" | "signal" | "yieldToEventLoop">,
): Promise<{
  readonly assembled: ReadonlyMap<string, Assembled>;
  readonly faults: readonly AssemblyFault[];
}> {
  const faults: AssemblyFault[] = [];
  const assembled = new Map<string, Assembled>();
  for (const protocol of protocols) {
    const own = parts.get(protocol.key) ?? new Map<string, Part>();
    const whole =
      protocol.assemble === undefined
        ? new IndependentParts(own)
        : protocol.assemble([...own.values()], {
            previous: previous?.get(protocol.key),
            addFinding: (origin, finding) => {
              if (finding.severity === "error") faults.push({ origin, finding });
            },
            logger,
            signal,
          });
    assembled.set(protocol.key, whole instanceof Promise ? await whole : whole);
    await yieldToEventLoop();
  }
  return { assembled, faults };
}

/** The routes and endpoints of a protocol whose parts need nothing of each other. */
class IndependentParts implements Assembled {
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

function partOf(
  fragment: CompiledFragment,
  protocol: string,
  table: ClaimTable,
  known: Part | undefined,
): Part | undefined {
  const compiled = fragment.parts.get(protocol);
  if (compiled === undefined) return undefined;
  const { service, hash } = fragment;
  const waiting = waitingClaims(fragment, protocol, table);
  if (known?.compiled === compiled && isSameSet(known.waiting, waiting)) return known;
  return { origin: { service, hash, jsonPath: `protocol.${protocol}` }, compiled, waiting };
}

function waitingClaims(fragment: CompiledFragment, protocol: string, table: ClaimTable): ReadonlySet<string> {
  const keys = table.waitingKeys(fragment.service);
  if (keys.size === 0) return noClaims;
  const own = indexOf(fragment).claims.filter((claim) => claim.protocol === protocol && keys.has(claim.key));
  return own.length === 0 ? noClaims : new Set(own.map(({ claim }) => claim.key));
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one === other || (one.size === other.size && one.isSubsetOf(other));
}

const noClaims: ReadonlySet<string> = new Set();
