import type { DescribedSchema } from "../../contracts/json.ts";
import { nearestName } from "../../contracts/nearest-name.ts";
import type { Finding, Severity } from "../../contracts/report.ts";
import { pluginFailed } from "../boundary/guarded-schema.ts";
import type { LoadedPolicy } from "../boundary/load-policy.ts";
import type { LoadedProtocol } from "../boundary/load-protocol.ts";
import { pluginFinding } from "../connectors/policy-rules.ts";
import { canonicalJson, hash128 } from "./canonical.ts";
import { type Envelope, envelope, fragmentFormat, masterBranch } from "./fragment.ts";
import { checkAgainst, maxUnknownMembers, renameFix } from "./issues.ts";
import { type PolicyPart, policySchema } from "./policy-schema.ts";
import { removeInvalid, type ValidRest } from "./remove-invalid.ts";

/** The plugins that define the parts of a fragment. */
export interface FragmentPlugins {
  readonly protocols: readonly LoadedProtocol[];
  readonly policies: readonly LoadedPolicy[];
  /** Policies that the configuration disables (S1.2). */
  readonly disabledPolicies: readonly LoadedPolicy[];
}

/** A validated fragment (S1). Invalid parts are left out, and described by findings. */
export interface ReadFragment {
  /** Absent where the fragment has no valid branch. */
  readonly branch?: string;
  /** 32 hex digits (S1.4). The hash of an invalid fragment is that of its complete text. */
  readonly hash: string;
  /** The valid parts, or the valid rest of invalid ones, by protocol. */
  readonly parts: ReadonlyMap<string, ValidRest<unknown>>;
  /** The valid rules, or the valid rest of invalid ones. */
  readonly policy?: ValidRest<PolicyPart>;
  readonly findings: readonly Finding[];
}

/** Validates a fragment and computes its hash. Finds all problems in one pass; never throws. */
export async function readFragment(
  raw: unknown,
  service: string,
  plugins: FragmentPlugins,
): Promise<ReadFragment> {
  const findings: Finding[] = [];
  const unknownSeverity = unknownMemberSeverity(raw);
  const outer = await checkAgainst(envelope, raw, "", unknownSeverity);
  findings.push(...outer.findings);
  const branch = branchOf(raw, outer.value);
  const parts = await readParts(raw, plugins.protocols, unknownSeverity, findings);
  const policy = await readPolicy(raw, plugins, unknownSeverity, findings);
  const fingerprint = fingerprintOf(parts, policy?.value, outer.value, plugins.protocols, findings);
  return {
    ...(branch === undefined ? {} : { branch }),
    hash: hash128(canonicalJson(isFaulty(findings) ? { service, raw } : { service, ...fingerprint })),
    parts,
    ...(policy === undefined ? {} : { policy }),
    findings,
  };
}

/** Checks whether a finding is an error. */
export function isFaulty(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "error");
}

// A fragment of a newer format can have members that this gateway does not know (S1).
function unknownMemberSeverity(raw: unknown): Severity {
  const format = memberOf(raw, "format");
  return typeof format === "number" && format > fragmentFormat ? "warning" : "error";
}

/**
 * Returns the branch of a fragment; undefined where its name is not valid.
 * @param checked the outer members, where they are valid
 */
export function branchOf(raw: unknown, checked: Envelope | undefined): string | undefined {
  if (checked !== undefined) return checked.branch ?? masterBranch;
  const branch = memberOf(raw, "branch");
  if (branch === undefined) return masterBranch;
  return envelope.safeParse({ branch }).success ? String(branch) : undefined;
}

async function readParts(
  raw: unknown,
  protocols: readonly LoadedProtocol[],
  unknownSeverity: Severity,
  findings: Finding[],
): Promise<ReadonlyMap<string, ValidRest<unknown>>> {
  const parts = new Map<string, ValidRest<unknown>>();
  const protocol = memberOf(raw, "protocol");
  if (protocol === null || typeof protocol !== "object") return parts;
  for (const [key, input] of Object.entries(protocol)) {
    const plugin = protocols.find((one) => one.name === key);
    if (plugin === undefined) {
      if (findings.length < maxUnknownMembers) findings.push(unknownProtocol(key, protocols, protocol));
      continue;
    }
    const part = await readPart(plugin.schema, input, `protocol.${key}`, unknownSeverity, findings);
    if (part !== undefined) parts.set(key, part);
  }
  return parts;
}

async function readPart<Value>(
  schema: DescribedSchema<Value>,
  input: unknown,
  base: string,
  unknownSeverity: Severity,
  findings: Finding[],
): Promise<ValidRest<Value> | undefined> {
  const checked = await checkAgainst(schema, input, base, unknownSeverity);
  findings.push(...checked.findings);
  // A plugin that failed once is not asked again, since it can take its time limit each time.
  if (checked.findings.some(({ code }) => code === pluginFailed)) return undefined;
  if (checked.value === undefined) return removeInvalid(schema, input, base);
  return { value: checked.value, originalPath: (path) => path };
}

function unknownProtocol(key: string, protocols: readonly LoadedProtocol[], part: object): Finding {
  const keys = protocols.map((one) => one.name);
  const nearest = nearestName(key, keys);
  return {
    severity: "warning",
    code: "PROTOCOL_UNKNOWN",
    jsonPath: `protocol.${key}`,
    message: `This gateway has no protocol \`${key}\`, so this part is ignored.`,
    expected: keys.length === 0 ? "nothing" : `one of ${keys.map((name) => `\`${name}\``).join(", ")}`,
    found: `\`${key}\``,
    ...(nearest === undefined ? {} : { hint: `Did you mean \`${nearest}\`?` }),
    ...renameFix(key, keys, part),
  };
}

async function readPolicy(
  raw: unknown,
  { policies, disabledPolicies }: FragmentPlugins,
  unknownSeverity: Severity,
  findings: Finding[],
): Promise<ValidRest<PolicyPart> | undefined> {
  const policy = memberOf(raw, "policy");
  if (policy === null || typeof policy !== "object") return undefined;
  return readPart(policySchema(policies, disabledPolicies), policy, "policy", unknownSeverity, findings);
}

function fingerprintOf(
  parts: ReadonlyMap<string, ValidRest<unknown>>,
  policy: PolicyPart | undefined,
  outer: Envelope | undefined,
  protocols: readonly LoadedProtocol[],
  findings: Finding[],
): object {
  const protocol = protocols.flatMap((plugin): [string, unknown][] => {
    const part = parts.get(plugin.name);
    if (part === undefined) return [];
    try {
      return [[plugin.name, plugin.fingerprint(part.value)]];
    } catch (error) {
      findings.push(pluginFinding(error, `protocol.${plugin.name}`));
      return [];
    }
  });
  return {
    format: outer?.format ?? fragmentFormat,
    policy: withoutDescriptions(policy),
    protocol: Object.fromEntries(protocol),
  };
}

// The description of a rule is documentation, which is not part of the fingerprint (S1.4).
function withoutDescriptions(policy: PolicyPart | undefined): unknown {
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
