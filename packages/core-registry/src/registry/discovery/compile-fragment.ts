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
import { prefixHash, sizeFinding } from "../../runtime/fragment/size-limits.ts";

/** A service's fragment, read and compiled. Immutable; shared by every branch and version that holds it. */
export interface CompiledFragment {
  /** The service's full name. */
  readonly service: string;
  /** The branch that it is for; absent where that cannot be told. */
  readonly branch?: string;
  /** 32 hex digits (S1.4). */
  readonly hash: string;
  /** As it was published, not checked: to show places in it. */
  readonly raw: unknown;
  /** Its rules. */
  readonly gate: PolicyGate;
  /** What each protocol made of it. Empty where it is faulty. */
  readonly parts: ReadonlyMap<string, Compiled>;
  /** Everything that it offers. */
  readonly endpoints: readonly Endpoint[];
  /** Everything that was found in it; an error among them refuses it. */
  readonly findings: readonly Finding[];
}

/** What compiling a fragment needs. */
export interface FragmentCompiler extends FragmentPlugins {
  /** Runs functions. */
  readonly sandbox: Sandbox;
  /** Names of the context values that there are. */
  readonly contexts: readonly string[];
  /** Paths that no route may lie on. */
  readonly reserved: readonly string[];
  /** Sees calls and events, for examples of them. Default: nobody does. */
  readonly examples?: ExampleRecorder;
  /** Takes what happens while the fragment is in use. */
  happened(origin: Pick<Origin, "service" | "hash">, event: Finding | ConsoleMessage): void;
}

/** Reads and compiles a fragment: every fault is found in one pass (S1). Never throws for the fragment's sake. */
export async function compileFragment(
  raw: unknown,
  service: string,
  compiler: FragmentCompiler,
  signal: AbortSignal,
): Promise<CompiledFragment> {
  const bounds = sizeFinding(raw);
  if (bounds !== undefined) return unreadFragment(raw, service, bounds);
  const read = await readFragment(raw, service, compiler);
  const findings = [...read.findings];
  const origin = { service, hash: read.hash };
  const { sandbox, contexts, disabledPolicies } = compiler;
  const tools: PolicyGateTools = {
    origin,
    sandbox,
    contexts,
    disabledPolicies,
    addFinding: (finding) => void findings.push(finding),
    reportRuntime: (finding) => compiler.happened(origin, finding),
    console: (message) => compiler.happened(origin, message),
  };
  const rules = read.policy;
  const gate = await compilePolicyGate(rules?.value, compiler.policies, {
    ...tools,
    addFinding: (finding) =>
      tools.addFinding({ ...finding, jsonPath: rules?.originalPath(finding.jsonPath) ?? finding.jsonPath }),
  });
  const parts = await compileParts(read, compiler, gate, tools, signal);
  const faulty = isFaulty(findings);
  return {
    ...origin,
    raw,
    ...(read.branch === undefined ? {} : { branch: read.branch }),
    gate,
    parts: faulty ? new Map() : parts,
    endpoints: [...parts.values()].flatMap(({ endpoints }) => endpoints),
    findings,
  };
}

/** The text by which a compiled fragment is found again: all of it, documentation too. */
export function fragmentText(raw: unknown, service: string): string {
  const bounds = sizeFinding(raw);
  return canonicalJson(bounds === undefined ? { service, raw } : { service, ...unreadOf(raw, bounds) });
}

// Nothing of it is kept: it is as large as it likes.
function unreadFragment(raw: unknown, service: string, finding: Finding): CompiledFragment {
  const unread = unreadOf(raw, finding);
  return {
    service,
    ...(unread.branch === undefined ? {} : { branch: unread.branch }),
    hash: hash128(canonicalJson({ service, ...unread })),
    raw: null,
    gate: emptyPolicyGate,
    parts: new Map(),
    endpoints: [],
    findings: [finding],
  };
}

function unreadOf(
  raw: unknown,
  { code }: Finding,
): Readonly<Record<"branch" | "code" | "hash", string | undefined>> {
  return { branch: branchOf(raw, undefined), code, hash: prefixHash(raw) };
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
      common.addFinding({ ...finding, jsonPath: part.originalPath(finding.jsonPath) });
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
    tools.addFinding({
      severity: "error",
      code: "PROTOCOL_FAILED",
      jsonPath: tools.origin.jsonPath,
      message: `The protocol ${protocol.key} failed on this part: ${error instanceof Error ? error.message : String(error)}`,
      hint: "That is a fault of the gateway's plugin, not of the fragment. Please report it there.",
    });
    return undefined;
  }
}
