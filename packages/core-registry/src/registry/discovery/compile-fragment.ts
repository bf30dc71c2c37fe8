import type { Compiled, CompileTools, Endpoint, Protocol } from "../../contracts/protocol.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type { ConsoleMessage, Sandbox } from "../../contracts/sandbox.ts";
import { createConnectorTable } from "../../runtime/connectors/connector-table.ts";
import { compileFunction } from "../../runtime/connectors/function.ts";
import { compilePolicyGate, emptyPolicyGate, type PolicyGate } from "../../runtime/connectors/policy-gate.ts";
import type { PolicyGateTools } from "../../runtime/connectors/policy-rules.ts";
import type { ExampleRecorder } from "../../runtime/examples.ts";
import { canonicalJson, hash128 } from "../../runtime/fragment/canonical.ts";
import {
  branchOf,
  type FragmentPlugins,
  isFaulty,
  type ReadFragment,
  readFragment,
} from "../../runtime/fragment/read.ts";
import { boundedHash, boundsFinding } from "../../runtime/fragment/size-limits.ts";

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
  readonly parts: ReadonlyMap<string, Compiled>;
  readonly endpoints: readonly Endpoint[];
  /** An error among them refuses the fragment. */
  readonly findings: readonly Finding[];
}

/** The plugins and settings of the gateway that `compileFragment` uses. */
export interface FragmentCompiler extends FragmentPlugins {
  readonly sandbox: Sandbox;
  /** The names of the context values that rules and mappings can read. */
  readonly contexts: readonly string[];
  /** Paths that routes must not use. */
  readonly reserved: readonly string[];
  /** Records examples of calls and events. Default: none are recorded. */
  readonly examples?: ExampleRecorder;
  /** Receives errors and console messages of the fragment's functions while it is served. */
  reportRuntime(origin: Pick<Origin, "service" | "hash">, event: Finding | ConsoleMessage): void;
}

/**
 * Compiles a fragment, and finds all of its faults in one pass (S1). Never throws because of the fragment.
 *
 * 1. A fragment that exceeds the size limits is refused unread.
 * 2. The fragment is read: every part is checked against its schema.
 * 3. The rules become a policy gate.
 * 4. Each protocol compiles its part.
 */
export async function compileFragment(
  raw: unknown,
  service: string,
  compiler: FragmentCompiler,
  signal: AbortSignal,
): Promise<CompiledFragment> {
  const oversized = boundsFinding(raw);
  if (oversized !== undefined) return unreadFragment(raw, service, oversized);
  const read = await readFragment(raw, service, compiler);
  const { branch, hash } = read;
  const findings = [...read.findings];
  const tools = compileTools({ service, hash }, compiler, findings);
  const gate = await compileGate(read, compiler, tools);
  const parts = await compileParts(read, compiler, gate, tools, signal);
  return {
    service,
    ...(branch === undefined ? {} : { branch }),
    hash,
    raw,
    gate,
    parts: isFaulty(findings) ? new Map() : parts,
    endpoints: [...parts.values()].flatMap(({ endpoints }) => endpoints),
    findings,
  };
}

/**
 * The text that identifies a published fragment, including its documentation, which the hash does not cover.
 */
export function fragmentText(raw: unknown, service: string): string {
  const oversized = boundsFinding(raw);
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
    findings: [oversized],
  };
}

interface UnreadIdentity {
  readonly branch: string | undefined;
  readonly code: string;
  readonly hash: string | undefined;
}

function unreadIdentity(raw: unknown, { code }: Finding): UnreadIdentity {
  return { branch: branchOf(raw, undefined), code, hash: boundedHash(raw) };
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
    off: compiler.disabledPolicies,
    addFinding: (finding) => void findings.push(finding),
    reportRuntime: (finding) => compiler.reportRuntime(origin, finding),
    console: (message) => compiler.reportRuntime(origin, message),
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
      tools.addFinding({ ...finding, jsonPath: policy?.original(finding.jsonPath) ?? finding.jsonPath }),
  });
}

async function compileParts(
  { parts: inputs }: ReadFragment,
  { protocols, reserved, examples }: FragmentCompiler,
  gate: PolicyGate,
  common: PolicyGateTools,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Compiled>> {
  const parts = new Map<string, Compiled>();
  for (const protocol of protocols) {
    const part = inputs.get(protocol.key);
    if (part === undefined) continue;
    const addFinding = (finding: Finding): void =>
      common.addFinding({ ...finding, jsonPath: part.original(finding.jsonPath) });
    const compiled = await compilePart(protocol, part.value, {
      origin: { ...common.origin, jsonPath: `protocol.${protocol.key}` },
      connectors: createConnectorTable({
        ...common,
        addFinding,
        gate,
        ...(examples !== undefined && { examples }),
      }),
      compileFunction: (source, path) => compileFunction(source, path, { ...common, addFinding }),
      reserved,
      addFinding,
      reportRuntime: common.reportRuntime,
      signal,
    });
    if (compiled !== undefined) parts.set(protocol.key, compiled);
  }
  return parts;
}

async function compilePart(
  protocol: Protocol,
  input: unknown,
  tools: CompileTools,
): Promise<Compiled | undefined> {
  try {
    return await protocol.compile(input, tools);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    tools.addFinding({
      severity: "error",
      code: "PROTOCOL_FAILED",
      jsonPath: tools.origin.jsonPath,
      message: `The protocol ${protocol.key} failed to compile this part: ${reason}`,
      hint: "This is a bug in the gateway's plugin, not in the fragment. Please report it to the operator.",
    });
    return undefined;
  }
}
