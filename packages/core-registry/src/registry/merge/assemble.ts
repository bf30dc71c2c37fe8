import type { Assembled } from "../../contracts/protocol.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type { Version } from "../../contracts/version.ts";
import type { LoadedProtocol } from "../../runtime/boundary/load-protocol.ts";
import { indexOf } from "../claims/claim-index.ts";
import type { ClaimTable } from "../claims/claim-table.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Runtime } from "../runtime.ts";
import type { CompiledVersion, Parts, VersionPart } from "../versions/compiled-version.ts";

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
  protocols: readonly LoadedProtocol[],
  known: Parts | undefined,
): Parts {
  return new Map(
    protocols.map(({ name }) => {
      const knownParts = known?.get(name);
      const parts = new Map<string, VersionPart>();
      for (const fragment of fragments) {
        const part = partOf(fragment, name, table, knownParts?.get(fragment.service));
        if (part !== undefined) parts.set(fragment.service, part);
      }
      return [name, parts];
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
  return [...parts].every(([protocol, byService]) => isSameParts(byService, version.parts.get(protocol)));
}

/** The version from which `assemble` takes what did not change. */
export type KnownVersion = Pick<CompiledVersion, "parts"> & { readonly version: Pick<Version, "protocols"> };

/**
 * Lets each protocol make one whole of its parts, for example the GraphQL schema of a branch. A protocol
 * whose parts did not change is not asked. A frozen one keeps what it assembled before: it fails whatever it
 * is given.
 * @throws {TidegateError} `PLUGIN_FAILED` where a protocol cannot assemble its parts
 */
export async function assemble(
  parts: Parts,
  protocols: readonly LoadedProtocol[],
  known: KnownVersion | undefined,
  { logger, yieldToEventLoop }: Pick<Runtime, "logger" | "yieldToEventLoop">,
  frozen: ReadonlySet<string> = noProtocols,
): Promise<{
  readonly assembled: ReadonlyMap<string, Assembled>;
  readonly faults: readonly AssemblyFault[];
}> {
  const faults: AssemblyFault[] = [];
  const assembled = new Map<string, Assembled>();
  for (const protocol of protocols) {
    if (protocol.assemble === undefined) continue;
    const own = parts.get(protocol.name) ?? new Map<string, VersionPart>();
    const previous = known?.version.protocols.get(protocol.name)?.assembled;
    const isSame = previous !== undefined && isSameParts(own, known?.parts.get(protocol.name));
    if (isSame || frozen.has(protocol.name)) {
      if (previous !== undefined) assembled.set(protocol.name, previous);
      continue;
    }
    const whole = await protocol.assemble([...own.values()], {
      previous,
      addFinding: (origin, finding) => {
        if (finding.severity === "error") faults.push({ origin, finding });
      },
      logger,
    });
    assembled.set(protocol.name, whole);
    await yieldToEventLoop();
  }
  return { assembled, faults };
}

function isSameParts(
  parts: ReadonlyMap<string, VersionPart>,
  known: ReadonlyMap<string, VersionPart> | undefined,
): boolean {
  if (known?.size !== parts.size) return false;
  // By key: an iterator of entries allocates a pair for each service of a change.
  for (const service of parts.keys()) if (known.get(service) !== parts.get(service)) return false;
  return true;
}

function partOf(
  fragment: CompiledFragment,
  protocol: string,
  table: ClaimTable,
  known: VersionPart | undefined,
): VersionPart | undefined {
  const fragmentPart = fragment.parts.get(protocol);
  if (fragmentPart === undefined) return undefined;
  const { service, hash } = fragment;
  const waiting = waitingClaims(fragment, protocol, table);
  if (known?.fragmentPart === fragmentPart && isSameSet(known.waiting, waiting)) return known;
  const origin = { service, hash, jsonPath: `protocol.${protocol}` };
  return { origin, compiled: fragmentPart.compiled, fragmentPart, waiting };
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
const noProtocols: ReadonlySet<string> = new Set();
