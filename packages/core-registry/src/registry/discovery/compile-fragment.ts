import type { Endpoint } from "../../contracts/endpoint.ts";
import type { CompileTools } from "../../contracts/protocol.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type { ConsoleMessage, Sandbox } from "../../contracts/sandbox.ts";
import type { UsedLifecycle } from "../../runtime/boundary/lifecycle.ts";
import type { LoadedPart, LoadedProtocol } from "../../runtime/boundary/load-protocol.ts";
import { createConnectorTable } from "../../runtime/connectors/connector-table.ts";
import { compileFunction } from "../../runtime/connectors/function.ts";
import { compilePolicyGate, emptyPolicyGate, type PolicyGate } from "../../runtime/connectors/policy-gate.ts";
import { type PolicyGateTools, pluginFinding } from "../../runtime/connectors/policy-rules.ts";
import { ReachedNames } from "../../runtime/connectors/reached-names.ts";
import type { ExampleRecorder } from "../../runtime/examples.ts";
import { canonicalJson, hash128 } from "../../runtime/fragment/canonical.ts";
import {
  branchOf,
  type FragmentPlugins,
  isFaulty,
  type ReadFragment,
  readFragment,
} from "../../runtime/fragment/read.ts";
import { prefixHash, sizeFinding } from "../../runtime/fragment/size-limits.ts";
import {
  checkRoutes,
  type FragmentPart,
  fragmentPart,
  type PartOrigin,
  type ReservedPath,
} from "./fragment-routes.ts";
import { meaninglessRules } from "./fragment-rules.ts";

/** A fragment of a service, compiled. Immutable: all branches and versions that use the fragment share it. */
export interface CompiledFragment {
  readonly service: string;
  /** Absent where the fragment names an invalid branch. */
  readonly branch?: string;
  /** The hash of the definition, without documentation: 32 hex digits (S1.4). */
  readonly hash: string;
  /** The fragment as its service published it, not checked. Code frames are made from it. */
  readonly raw: unknown;
  readonly gate: PolicyGate;
  /** By protocol. Empty where the fragment has an error. */
  readonly parts: ReadonlyMap<string, FragmentPart>;
  readonly endpoints: readonly Endpoint[];
  /** What its rules and parts have to start before a version uses it. */
  readonly lifecycles: readonly UsedLifecycle[];
  /** An error among them refuses the fragment. */
  readonly findings: readonly Finding[];
}

/** The plugins and settings of the gateway that `compileFragment` uses. */
export interface FragmentCompiler extends FragmentPlugins {
  readonly sandbox: Sandbox;
  /** The names of the context values that rules and mappings can read. */
  readonly contexts: readonly string[];
  /** The context values that no client has, because nothing authenticates clients. Default none. */
  readonly missingIdentities?: readonly string[];
  /** Paths that routes must not use (S4.6). */
  readonly reserved: readonly ReservedPath[];
  /** The names of the sources of all protocols. */
  readonly foreignSources: ReadonlySet<string>;
  /** Records examples of calls and events. Default: none are recorded. */
  readonly examples?: ExampleRecorder;
  /** Receives errors and console messages of the fragment's functions while it is served. */
  reportRuntime(origin: Pick<Origin, "service" | "hash">, event: Finding | ConsoleMessage): void;
  /** Receives the failures of plugins, which the gateway logs. */
  pluginFailed(error: unknown): void;
}

/**
 * Compiles a fragment, and finds all of its faults in one pass (S1). Never throws because of the fragment.
 *
 * 1. A fragment that exceeds the size limits is refused unread.
 * 2. The fragment is read: every part is checked against its schema.
 * 3. The rules become a policy gate.
 * 4. Each protocol compiles its part.
 * 5. Rules that mean nothing for what the connectors reach are found.
 */
export async function compileFragment(
  raw: unknown,
  service: string,
  compiler: FragmentCompiler,
  signal: AbortSignal,
): Promise<CompiledFragment> {
  const oversized = sizeFinding(raw);
  if (oversized !== undefined) return unreadFragment(raw, service, oversized);
  const read = await readFragment(raw, service, compiler);
  const { branch, hash } = read;
  const findings = [...read.findings];
  const tools = compileTools({ service, hash }, compiler, findings);
  const gate = await compileGate(read, compiler, tools);
  const reached = new ReachedNames();
  const parts = await compileParts(read, { ...compiler, reached }, gate, tools, signal);
  findings.push(...meaninglessRules({ read, raw, service, gate, reached, findings }, compiler));
  return {
    service,
    ...(branch === undefined ? {} : { branch }),
    hash,
    raw,
    gate,
    parts: isFaulty(findings) ? new Map() : parts,
    endpoints: [...parts.values()].flatMap(({ endpoints }) => endpoints),
    lifecycles: [...gate.lifecycles, ...[...parts.values()].flatMap(partLifecycle)],
    findings,
  };
}

/**
 * The text that identifies a published fragment, including its documentation, which the hash does not cover.
 */
export function fragmentText(raw: unknown, service: string): string {
  const oversized = sizeFinding(raw);
  return canonicalJson(
    oversized === undefined ? { service, raw } : { service, ...unreadIdentity(raw, oversized) },
  );
}

// Nothing of the fragment is kept, since its size has no limit.
function unreadFragment(raw: unknown, service: string, oversized: Finding): CompiledFragment {
  const identity = unreadIdentity(raw, oversized);
  return {
    service,
    ...(identity.branch === undefined ? {} : { branch: identity.branch }),
    hash: hash128(canonicalJson({ service, ...identity })),
    raw: null,
    gate: emptyPolicyGate,
    parts: new Map(),
    endpoints: [],
    lifecycles: [],
    findings: [oversized],
  };
}

// Versions hold the part; connections hold a route of it also when their version is gone.
function partLifecycle(part: FragmentPart): UsedLifecycle[] {
  const { lifecycle, routes } = part;
  return lifecycle.isNeeded ? [{ lifecycle, users: [part, ...routes] }] : [];
}

interface UnreadIdentity {
  readonly branch: string | undefined;
  readonly code: string;
  readonly hash: string | undefined;
}

function unreadIdentity(raw: unknown, { code }: Finding): UnreadIdentity {
  return { branch: branchOf(raw, undefined), code, hash: prefixHash(raw) };
}

/** The tools that all parts of a fragment are compiled with. `addFinding` adds to `findings`. */
function compileTools(
  origin: Pick<Origin, "service" | "hash">,
  compiler: FragmentCompiler,
  findings: Finding[],
): PolicyGateTools {
  return {
    origin,
    sandbox: compiler.sandbox,
    contexts: compiler.contexts,
    missingIdentities: compiler.missingIdentities ?? [],
    disabledPolicies: compiler.disabledPolicies,
    addFinding: (finding) => void findings.push(finding),
    reportRuntime: (finding) => compiler.reportRuntime(origin, finding),
    console: (message) => compiler.reportRuntime(origin, message),
    pluginFailed: compiler.pluginFailed,
  };
}

function compileGate(
  { policy }: ReadFragment,
  { policies }: FragmentCompiler,
  tools: PolicyGateTools,
): Promise<PolicyGate> {
  return compilePolicyGate(policy?.value, policies, {
    ...tools,
    addFinding: (finding) =>
      tools.addFinding({ ...finding, jsonPath: policy?.originalPath(finding.jsonPath) ?? finding.jsonPath }),
  });
}

interface PartCompiler extends FragmentCompiler {
  /** Collects the names that the connectors reach. */
  readonly reached: ReachedNames;
}

async function compileParts(
  { parts: inputs }: ReadFragment,
  { protocols, reserved, examples, foreignSources, reached }: PartCompiler,
  gate: PolicyGate,
  common: PolicyGateTools,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FragmentPart>> {
  const compiled: { readonly part: FragmentPart; readonly origin: PartOrigin }[] = [];
  for (const protocol of protocols) {
    const input = inputs.get(protocol.name);
    if (input === undefined) continue;
    const addFinding = (finding: Finding): void =>
      common.addFinding({ ...finding, jsonPath: input.originalPath(finding.jsonPath) });
    const origin = { ...common.origin, jsonPath: `protocol.${protocol.name}` };
    const connectors = createConnectorTable({
      ...common,
      addFinding,
      gate,
      sources: protocol.sources,
      foreignSources,
      reached,
      ...(examples !== undefined && { examples }),
    });
    const part = await compilePart(
      protocol,
      input.value,
      {
        origin,
        connectors,
        compileFunction: (source, path) => compileFunction(source, path, { ...common, addFinding }),
        addFinding,
        reportRuntime: common.reportRuntime,
        signal,
      },
      common,
    );
    if (part === undefined) continue;
    const partOrigin: PartOrigin = { ...common.origin, protocol: protocol.name, addFinding };
    const fingerprint = (): unknown => fingerprintOf(protocol, input.value, common);
    compiled.push({ part: fragmentPart(part, partOrigin, fingerprint), origin: partOrigin });
  }
  checkRoutes(compiled, reserved);
  return new Map(compiled.map(({ part, origin }) => [origin.protocol, part]));
}

// Where it fails, the hash of the fragment failed too, so the fragment is refused.
function fingerprintOf(protocol: LoadedProtocol, input: unknown, { pluginFailed }: PolicyGateTools): unknown {
  try {
    return protocol.fingerprint(input);
  } catch (error) {
    pluginFailed?.(error);
    return undefined;
  }
}

async function compilePart(
  protocol: LoadedProtocol,
  input: unknown,
  tools: CompileTools,
  { pluginFailed }: PolicyGateTools,
): Promise<LoadedPart | undefined> {
  try {
    return await protocol.compile(input, tools);
  } catch (error) {
    pluginFailed?.(error);
    tools.addFinding(pluginFinding(error, tools.origin.jsonPath));
    return undefined;
  }
}
