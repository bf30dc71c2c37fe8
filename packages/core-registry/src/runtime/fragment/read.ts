import type { DescribedSchema } from "../../contracts/json.ts";
import { nearestName } from "../../contracts/nearest-name.ts";
import type { Policy } from "../../contracts/policy.ts";
import type { Protocol } from "../../contracts/protocol.ts";
import type { Finding, Severity } from "../../contracts/report.ts";
import { canonicalJson, hash128 } from "./canonical.ts";
import { type Envelope, envelope, fragmentFormat, masterBranch } from "./fragment.ts";
import { checkAgainst, mostUnknown } from "./issues.ts";
import { type PolicyPart, policySchema } from "./policy-schema.ts";
import { type Salvaged, salvage } from "./salvage.ts";

/** The plugins that a fragment may speak to. */
export interface FragmentPlugins {
  /** The protocols. */
  readonly protocols: readonly Protocol[];
  /** The policies. */
  readonly policies: readonly Policy[];
  /** Policies that were switched off (S1.2). */
  readonly disabledPolicies: readonly Policy[];
}

/** A fragment that was checked, part by part (S1). What is faulty is missing from it, and told. */
export interface ReadFragment {
  /** The branch that it is for; absent where that cannot be told. */
  readonly branch?: string;
  /** 32 hex digits (S1.4). A faulty fragment's is taken from its text. */
  readonly hash: string;
  /** The checked parts, by protocol; of a faulty one what is left of it. */
  readonly parts: ReadonlyMap<string, Salvaged<unknown>>;
  /** The checked rules; of faulty ones what is left of them. */
  readonly policy?: Salvaged<PolicyPart>;
  /** Everything that was found, in one pass. */
  readonly findings: readonly Finding[];
}

/** Checks a whole fragment and takes its hash. Finds every fault in one pass; never throws. */
export async function readFragment(
  raw: unknown,
  service: string,
  plugins: FragmentPlugins,
): Promise<ReadFragment> {
  const findings: Finding[] = [];
  const weight = unknownMembers(raw);
  const outer = await checkAgainst(envelope, raw, "", weight);
  findings.push(...outer.findings);
  const branch = branchOf(raw, outer.value);
  const parts = await readParts(raw, plugins.protocols, weight, findings);
  const policy = await readPolicy(raw, plugins, weight, findings);
  const fingerprint = essenceOf(parts, policy?.value, outer.value, plugins.protocols);
  return {
    ...(branch === undefined ? {} : { branch }),
    hash: hash128(canonicalJson(isFaulty(findings) ? { service, raw } : { service, ...fingerprint })),
    parts,
    ...(policy === undefined ? {} : { policy }),
    findings,
  };
}

/** Whether any finding is an error. */
export function isFaulty(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "error");
}

// A newer format may have members that this gateway does not know (S1).
function unknownMembers(raw: unknown): Severity {
  const format = memberOf(raw, "format");
  return typeof format === "number" && format > fragmentFormat ? "warning" : "error";
}

/**
 * The branch that a fragment is for; undefined where it names none that there could be.
 * @param checked its outer shape, where that is right
 */
export function branchOf(raw: unknown, checked: Envelope | undefined): string | undefined {
  if (checked !== undefined) return checked.branch ?? masterBranch;
  const branch = memberOf(raw, "branch");
  if (branch === undefined) return masterBranch;
  return envelope.safeParse({ branch }).success ? String(branch) : undefined;
}

async function readParts(
  raw: unknown,
  protocols: readonly Protocol[],
  weight: Severity,
  findings: Finding[],
): Promise<ReadonlyMap<string, Salvaged<unknown>>> {
  const parts = new Map<string, Salvaged<unknown>>();
  const protocol = memberOf(raw, "protocol");
  if (protocol === null || typeof protocol !== "object") return parts;
  for (const [key, input] of Object.entries(protocol)) {
    const plugin = protocols.find((one) => one.key === key);
    if (plugin === undefined) {
      if (findings.length < mostUnknown) findings.push(unknownProtocol(key, protocols));
      continue;
    }
    const part = await readPart(plugin.schema, input, `protocol.${key}`, weight, findings);
    if (part !== undefined) parts.set(key, part);
  }
  return parts;
}

async function readPart<Value>(
  schema: DescribedSchema<Value>,
  input: unknown,
  base: string,
  weight: Severity,
  findings: Finding[],
): Promise<Salvaged<Value> | undefined> {
  const checked = await checkAgainst(schema, input, base, weight);
  findings.push(...checked.findings);
  if (checked.value === undefined) return salvage(schema, input, base);
  return { value: checked.value, original: (path) => path };
}

function unknownProtocol(key: string, protocols: readonly Protocol[]): Finding {
  const keys = protocols.map((one) => one.key);
  const meant = nearestName(key, keys);
  return {
    severity: "warning",
    code: "PROTOCOL_UNKNOWN",
    jsonPath: `protocol.${key}`,
    message: `This gateway speaks no protocol \`${key}\`; that part is ignored.`,
    expected: keys.length === 0 ? "nothing" : `one of ${keys.map((name) => `\`${name}\``).join(", ")}`,
    found: `\`${key}\``,
    ...(meant === undefined ? {} : { hint: `Did you mean \`${meant}\`?` }),
  };
}

async function readPolicy(
  raw: unknown,
  { policies, disabledPolicies }: FragmentPlugins,
  weight: Severity,
  findings: Finding[],
): Promise<Salvaged<PolicyPart> | undefined> {
  const policy = memberOf(raw, "policy");
  if (policy === null || typeof policy !== "object") return undefined;
  return readPart(policySchema(policies, disabledPolicies), policy, "policy", weight, findings);
}

function essenceOf(
  parts: ReadonlyMap<string, Salvaged<unknown>>,
  policy: PolicyPart | undefined,
  envelopeOf: Envelope | undefined,
  protocols: readonly Protocol[],
): object {
  const protocol = protocols.flatMap((plugin): [string, unknown][] => {
    const part = parts.get(plugin.key);
    return part === undefined ? [] : [[plugin.key, plugin.fingerprint?.(part.value) ?? part.value]];
  });
  return {
    format: envelopeOf?.format ?? fragmentFormat,
    policy: undescribed(policy),
    protocol: Object.fromEntries(protocol),
  };
}

// A rule's description only documents (S1.4).
function undescribed(policy: PolicyPart | undefined): unknown {
  if (policy === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(policy).map(([kind, rules]) => [
      kind,
      Array.isArray(rules) ? rules.map((rule: object) => ({ ...rule, description: undefined })) : rules,
    ]),
  );
}

function memberOf(value: unknown, key: string): unknown {
  return value !== null && typeof value === "object" && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}
