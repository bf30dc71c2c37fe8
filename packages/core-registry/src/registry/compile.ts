import type { Finding, Origin } from "../contracts/finding.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Assembled, Part, Protocol } from "../contracts/protocol.ts";
import type { Version, VersionFragment } from "../contracts/version.ts";
import { TidegateError } from "../errors.ts";
import { type Admission, admit, type Judge } from "./admit.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import type { Ledger } from "./ledger.ts";
import { serviceRules } from "./rules.ts";
import { makeVersion, versionId } from "./version.ts";
import type { View } from "./view.ts";
import { missingNeeds, waitingClaims } from "./waiting.ts";

/** What `compile` is given beside the view and the ledger. */
export interface CompileOptions {
  /** The protocols, in order. */
  readonly protocols: readonly Protocol[];
  /** Judges a fragment by what it alone cannot tell: errors refuse it. */
  readonly judge: Judge;
  /** The version that is served now, with the fragments that it was made of. */
  readonly previous: Compilation | undefined;
  /** Takes what the protocols write. */
  readonly logger: Logger;
  /** Fires when the result is not wanted any more. */
  readonly signal: AbortSignal;
}

/** What became of a view. */
export interface Compilation {
  /** The API. The same object as before where nothing changed. */
  readonly version: Version;
  /** What the next compilation is to know. */
  readonly ledger: Ledger;
  /** The fragments of the version, by service. */
  readonly chosen: ReadonlyMap<string, CompiledFragment>;
  /** Services whose newest fragment was refused, and why. */
  readonly refused: Admission["refused"];
  /** What waits for something that nobody defines, by service. */
  readonly waiting: ReadonlyMap<string, readonly Finding[]>;
}

/** What assembling found wrong with one fragment. */
interface AssemblyFault {
  readonly origin: Origin;
  readonly finding: Finding;
}

/**
 * Compiles what a branch shows: who may have what, what waits, and one whole of each protocol's parts. A function of its
 * arguments: equal view and ledger give an equal version, whatever the order in which anything came (S9.4). A fragment
 * that cannot be assembled is refused, and the rest is compiled again (S9.6).
 */
export async function compile(view: View, ledger: Ledger, options: CompileOptions): Promise<Compilation> {
  const broken = new Map<string, Finding[]>();
  const judge: Judge = (fragment) => [
    ...options.judge(fragment),
    ...(broken.get(fragmentKey(fragment)) ?? []),
  ];
  for (;;) {
    const admission = admit(view, ledger, judge, (service, hash) =>
      lastGood(options.previous, service, hash),
    );
    const faults: AssemblyFault[] = [];
    const placed = placeParts(admission.chosen, options.protocols);
    const assembled = await assembleAll(placed, options, faults);
    if (faults.length === 0) return finished(view, ledger, admission, placed, assembled, options);
    // Else it would go round for ever.
    if (!faults.some(({ origin }) => admission.chosen.get(origin.service)?.hash === origin.hash))
      throw new TidegateError("PLUGIN_INVALID", "A protocol refuses a fragment that it was not given.");
    for (const { origin, finding } of faults) {
      const key = `${origin.service} ${origin.hash}`;
      broken.set(key, [...(broken.get(key) ?? []), finding]);
    }
  }
}

type Placed = ReadonlyMap<string, readonly Part[]>;

function lastGood(
  previous: Compilation | undefined,
  service: string,
  hash: string,
): CompiledFragment | undefined {
  const fragment = previous?.chosen.get(service);
  return fragment?.hash === hash ? fragment : undefined;
}

function fragmentKey({ service, hash }: CompiledFragment): string {
  return `${service} ${hash}`;
}

function placeParts(chosen: ReadonlyMap<string, CompiledFragment>, protocols: readonly Protocol[]): Placed {
  const fragments = [...chosen.values()].sort((one, other) => (one.service < other.service ? -1 : 1));
  return new Map(
    protocols.map(({ key }) => {
      const having = fragments.flatMap((fragment) => {
        const compiled = fragment.parts.get(key);
        return compiled === undefined ? [] : [{ fragment, compiled }];
      });
      const waiting = waitingClaims(
        having.map(({ fragment, compiled }) => ({ service: fragment.service, claims: compiled.claims })),
      );
      const none: ReadonlySet<string> = new Set();
      return [
        key,
        having.map(({ fragment, compiled }) => ({
          origin: { service: fragment.service, hash: fragment.hash, jsonPath: `protocol.${key}` },
          compiled,
          waiting: waiting.get(fragment.service) ?? none,
        })),
      ];
    }),
  );
}

async function assembleAll(
  placed: Placed,
  options: CompileOptions,
  faults: AssemblyFault[],
): Promise<ReadonlyMap<string, Assembled>> {
  const assembled = new Map<string, Assembled>();
  for (const protocol of options.protocols) {
    const parts = placed.get(protocol.key) ?? [];
    assembled.set(protocol.key, await assemble(protocol, parts, options, faults));
  }
  return assembled;
}

function assemble(
  protocol: Protocol,
  parts: readonly Part[],
  options: CompileOptions,
  faults: AssemblyFault[],
): Assembled | Promise<Assembled> {
  if (protocol.assemble === undefined) {
    return {
      routes: parts.flatMap(({ compiled }) => (compiled.routes === undefined ? [] : [compiled.routes])),
      endpoints: parts.flatMap(({ compiled, waiting }) =>
        compiled.endpoints.filter(({ key }) => !waiting.has(key)),
      ),
    };
  }
  return protocol.assemble(parts, {
    previous: options.previous?.version.assembled.get(protocol.key),
    found: (origin, finding) => {
      if (finding.severity === "error") faults.push({ origin, finding });
    },
    logger: options.logger,
    signal: options.signal,
  });
}

function finished(
  view: View,
  ledger: Ledger,
  admission: Admission,
  placed: Placed,
  assembled: ReadonlyMap<string, Assembled>,
  { protocols, previous }: CompileOptions,
): Compilation {
  const fragments = [...admission.chosen.values()]
    .map((fragment) => versionFragment(fragment, placed))
    .sort((one, other) => (one.service < other.service ? -1 : 1));
  return {
    version:
      sameAsBefore(previous, admission.chosen) ??
      makeVersion(fragments, serviceRules(admission.chosen), protocols, assembled),
    ledger: {
      accepted: accepted(view, ledger, admission),
      holders: Object.fromEntries([...admission.contested].sort(([one], [other]) => (one < other ? -1 : 1))),
      pins: ledger.pins,
    },
    chosen: admission.chosen,
    refused: admission.refused,
    waiting: new Map([...waitingFindings(placed)].filter(([, findings]) => findings.length > 0)),
  };
}

// Documentation is not part of a fragment's hash (S1.4): with the same id but other objects, the documentation is new.
function sameAsBefore(
  previous: Compilation | undefined,
  chosen: ReadonlyMap<string, CompiledFragment>,
): Version | undefined {
  if (
    previous === undefined ||
    previous.version.id !== versionId([...chosen.values()].map(({ hash }) => hash))
  )
    return undefined;
  for (const [service, fragment] of chosen) if (previous.chosen.get(service) !== fragment) return undefined;
  return previous.version;
}

function versionFragment(fragment: CompiledFragment, placed: Placed): VersionFragment {
  const waiting = [...placed.values()].flatMap((parts) =>
    parts.filter(({ origin }) => origin.service === fragment.service).flatMap((part) => [...part.waiting]),
  );
  return { service: fragment.service, hash: fragment.hash, branch: fragment.branch ?? "", waiting };
}

// A service that is refused now keeps what it had; one that is gone from the view is forgotten.
function accepted(view: View, ledger: Ledger, { chosen }: Admission): Readonly<Record<string, string>> {
  const entries = [...view.services.keys()].sort().flatMap((service): [string, string][] => {
    const hash = chosen.get(service)?.hash ?? ledger.accepted[service];
    return hash === undefined ? [] : [[service, hash]];
  });
  return Object.fromEntries(entries);
}

function* waitingFindings(placed: Placed): Iterable<[service: string, findings: Finding[]]> {
  const all = new Map<string, Finding[]>();
  for (const parts of placed.values()) {
    const held = new Set(
      parts.flatMap(({ compiled, waiting }) =>
        compiled.claims.filter(({ key }) => !waiting.has(key)).map(({ key }) => key),
      ),
    );
    for (const { origin, compiled, waiting } of parts) {
      const findings = all.get(origin.service) ?? [];
      all.set(origin.service, findings);
      for (const claim of compiled.claims) {
        if (!waiting.has(claim.key)) continue;
        const names = missingNeeds(claim, (key) => held.has(key));
        findings.push({
          severity: "info",
          code: "CLAIM_WAITING",
          jsonPath: claim.jsonPath,
          message: `\`${claim.label ?? claim.key}\` waits for ${names.map((name) => `\`${name}\``).join(", ")}, which no service defines.`,
          ...claim.place?.(),
          hint: "It comes in by itself as soon as they appear.",
        });
      }
    }
  }
  yield* all;
}
