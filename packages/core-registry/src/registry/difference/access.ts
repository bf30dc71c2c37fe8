import type { ConnectorDescription, RuleDescription } from "../../contracts/connector.ts";
import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Json } from "../../contracts/json.ts";
import type { AccessChange, AccessKind } from "../../contracts/policy.ts";
import type { Change } from "../../contracts/report.ts";
import type { LoadedPolicy } from "../../runtime/boundary/load-policy.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { memoize } from "../../runtime/memoize.ts";
import { overlaps } from "../../runtime/names.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { type ChangeDetail, changeOf } from "./change-detail.ts";
import { ownerOf } from "./owners.ts";

/** The versions that `accessChanges` compares, and the policies that compare rules. */
export interface AccessOptions {
  readonly before: CompiledVersion;
  readonly after: CompiledVersion;
  /** The policies of the gateway by their keys. */
  readonly policies: ReadonlyMap<string, LoadedPolicy>;
}

/** The plugin of a change that concerns several policies. */
const severalPolicies = "policy";

/** The detail of a new endpoint without any rule. */
export const isPublic = "No rule covers it: it is public.";

/**
 * Compares who can use an endpoint (S7). Access that became public or wider is dangerous, narrower access is
 * breaking. Access that cannot be compared counts as wider.
 *
 * @param before the endpoint in the version before, or its counterpart there
 * @param after the endpoint in the version after, or its counterpart there
 * @param named the one of the two that the changes name
 */
export function accessChanges(
  before: Endpoint,
  after: Endpoint,
  named: Endpoint,
  options: AccessOptions,
): Change[] {
  const pointsBefore = accessPoints(before, options.before);
  const pointsAfter = accessPoints(after, options.after);
  if (pointsAfter.length === 0 && pointsBefore.some(hasRequirements)) {
    const detail = "No rule covers it any more: it is public.";
    return [changeOf(policyOfAll(pointsBefore), named, { level: "dangerous", detail })];
  }
  const onlyReplaced = replacedPoint(pointsBefore, pointsAfter);
  return pointsAfter.flatMap((point) => {
    const counterpart =
      pointsBefore.find((one) => isSame(one, point)) ??
      pointsBefore.find((one) => overlapsEvents(one, point)) ??
      onlyReplaced;
    return counterpart === undefined
      ? addedPointChanges(point, pointsBefore, named)
      : pointChanges(counterpart, point, named, options.policies);
  });
}

/**
 * One sentence about the parts of a new endpoint that no rule covers; undefined where rules cover all of it.
 */
export function publicDetail(endpoint: Endpoint, version: CompiledVersion): string | undefined {
  // Fast path: most endpoints call one action, and the rules that cover it are known since compilation.
  if (endpoint.connectors.every(isCovered)) return undefined;
  const points = accessPoints(endpoint, version);
  const open = points.filter((point) => !hasRequirements(point));
  if (open.length === 0) return undefined;
  if (open.length === points.length) return isPublic;
  return `No rule covers ${open.map(formatPoint).join(", ")}: that is public.`;
}

function isCovered({ kind, rules = [] }: ConnectorDescription): boolean {
  return (
    kind === "map" ||
    (kind === "call" && rules.some(({ requirements }) => Object.keys(requirements).length > 0))
  );
}

/** An action or event that an endpoint uses, and what the rules require before it does. */
interface AccessPoint {
  readonly kind: AccessKind;
  /** The action or event; undefined where a function computes the event names. */
  readonly name: string | undefined;
  /** All of them must be met. Empty: public. */
  readonly requirements: readonly Requirement[];
}

/** What one rule requires by one policy. */
interface Requirement {
  readonly policy: string;
  readonly requirements: Json;
  /** The rule's event patterns as text, where a function computes the event names; else empty. */
  readonly names: string;
  /** Identifies the requirement: policy, `requirements` and `names`. */
  readonly key: string;
}

/**
 * The access points of an endpoint in a version, with the rules of its own fragment, and those of the service
 * that owns the action where one of the two fragments sets `policy.owner` (S7.2).
 */
function accessPoints(endpoint: Endpoint, version: CompiledVersion): readonly AccessPoint[] {
  const { service } = endpoint.origin;
  const gate = version.chosen.get(service)?.gate;
  const rulesFor = (kind: AccessKind, name: string): readonly RuleDescription[] =>
    gate?.rulesFor(kind, name)?.rules ?? [];
  return endpoint.connectors.flatMap(({ kind, action, events }): AccessPoint[] => {
    if (kind === "map" || kind === "proxy") return [];
    if (kind === "call") {
      if (action === undefined) return [];
      const rules = [...rulesFor(kind, action), ...ownerRules(service, action, version)];
      return [{ kind, name: action, requirements: requirementsOf(rules, requirementsOfNames) }];
    }
    if (events === undefined)
      return [
        {
          kind,
          name: undefined,
          requirements: requirementsOf(rulesFor(kind, "**"), requirementsOfPatterns),
        },
      ];
    return [...new Set(events)].map((name) => ({
      kind,
      name,
      requirements: requirementsOf(rulesFor(kind, name), requirementsOfNames),
    }));
  });
}

function ownerRules(caller: string, action: string, { chosen }: CompiledVersion): readonly RuleDescription[] {
  const owner = ownerOf(action, chosen);
  if (owner === undefined || owner === caller) return [];
  const gate = chosen.get(owner)?.gate;
  const applies = gate?.owner === true || chosen.get(caller)?.gate.owner === true;
  return applies ? (gate?.rulesFor("call", action)?.rules ?? []) : [];
}

// Equal requirements count once, and their order has no effect for clients.
function requirementsOf(
  rules: readonly RuleDescription[],
  ofRule: (rule: RuleDescription) => readonly Requirement[],
): readonly Requirement[] {
  return [...new Map(rules.flatMap(ofRule).map((requirement) => [requirement.key, requirement])).values()];
}

// Memoized, since a rule covers many endpoints of many versions.
const requirementsOfNames = memoize((rule: RuleDescription) => requirementsWith(rule, ""));
const requirementsOfPatterns = memoize((rule: RuleDescription) =>
  requirementsWith(rule, canonicalJson(rule.names)),
);

function requirementsWith({ requirements: all }: RuleDescription, names: string): readonly Requirement[] {
  return Object.entries(all).map(([policy, requirements]) => ({
    policy,
    requirements,
    names,
    key: canonicalJson([policy, requirements, names]),
  }));
}

function hasRequirements({ requirements: all }: AccessPoint): boolean {
  return all.length > 0;
}

function isSame(one: AccessPoint, other: AccessPoint): boolean {
  return one.kind === other.kind && one.name === other.name;
}

// An endpoint that received `chat.*` and now receives `chat.said` is compared with itself.
function overlapsEvents(one: AccessPoint, other: AccessPoint): boolean {
  if (other.kind !== "subscribe" || one.kind !== "subscribe") return false;
  return one.name !== undefined && other.name !== undefined && overlaps(one.name, other.name);
}

// If exactly one access point was removed and one was added, the added one replaces the removed one.
function replacedPoint(
  before: readonly AccessPoint[],
  after: readonly AccessPoint[],
): AccessPoint | undefined {
  const removed = before.filter((one) => !after.some((other) => isSame(one, other)));
  const added = after.filter((one) => !before.some((other) => isSame(one, other)));
  return removed.length === 1 && added.length === 1 ? removed[0] : undefined;
}

// An endpoint that was public before is not reported again.
function addedPointChanges(point: AccessPoint, before: readonly AccessPoint[], named: Endpoint): Change[] {
  if (hasRequirements(point) || !before.some(hasRequirements)) return [];
  const detail = `It now uses ${formatPoint(point)}, which no rule covers: that is public.`;
  return [changeOf(policyOfAll(before), named, { level: "dangerous", detail })];
}

function pointChanges(
  before: AccessPoint,
  after: AccessPoint,
  named: Endpoint,
  policies: AccessOptions["policies"],
): Change[] {
  const name = formatPoint(after);
  if (!hasRequirements(after)) {
    if (!hasRequirements(before)) return [];
    const detail = `No rule covers ${name} any more: it is public.`;
    return [changeOf(policyOfAll([before]), named, { level: "dangerous", detail })];
  }
  if (!hasRequirements(before)) {
    const detail = `Rules now cover ${name}: it was public before.`;
    return [changeOf(policyOfAll([after]), named, { level: "breaking", detail })];
  }
  const keys = new Set([...before.requirements, ...after.requirements].map(({ policy }) => policy));
  return [...keys].flatMap((key): Change[] => {
    const own = (all: readonly Requirement[]) => all.filter(({ policy }) => policy === key);
    const access = compareAccess(own(before.requirements), own(after.requirements), policies.get(key));
    return access === undefined ? [] : [changeOf(key, named, accessDetail(access, name))];
  });
}

function accessDetail(access: AccessChange, name: string): ChangeDetail {
  if (access === "narrower")
    return {
      level: "breaking",
      detail: `The rules of ${name} require more: some clients can no longer use it.`,
    };
  const effect =
    access === "wider"
      ? "require less: more clients can use it"
      : "changed: more clients might be able to use it";
  return { level: "dangerous", detail: `The rules of ${name} ${effect}.` };
}

/**
 * All requirements must be met. So access is narrower if each removed requirement follows from one that
 * remains or is new, and wider if each new one followed from an earlier one. If both hold, access is the
 * same.
 */
function compareAccess(
  before: readonly Requirement[],
  after: readonly Requirement[],
  policy: LoadedPolicy | undefined,
): AccessChange | undefined {
  const removed = before.filter(({ key }) => !after.some((one) => one.key === key));
  const added = after.filter(({ key }) => !before.some((one) => one.key === key));
  const compare = (one: Requirement, other: Requirement): AccessChange =>
    compareRequirements(one, other, policy);
  const isNarrower = removed.every((one) => after.some((other) => compare(one, other) === "narrower"));
  const isWider = added.every((other) => before.some((one) => compare(one, other) === "wider"));
  if (isNarrower && isWider) return undefined;
  return isNarrower ? "narrower" : isWider ? "wider" : "unclear";
}

function compareRequirements(
  before: Requirement,
  after: Requirement,
  policy: LoadedPolicy | undefined,
): AccessChange {
  if (before.names !== after.names) return "unclear";
  try {
    return policy?.compare(before.requirements, after.requirements) ?? "unclear";
  } catch {
    return "unclear";
  }
}

/** The key of the policy that all requirements belong to, or `policy` where they belong to several. */
function policyOfAll(points: readonly AccessPoint[]): string {
  const policies = new Set(points.flatMap((point) => point.requirements.map(({ policy }) => policy)));
  const [policy] = policies;
  return policies.size === 1 && policy !== undefined ? policy : severalPolicies;
}

function formatPoint({ kind, name }: AccessPoint): string {
  const what = name === undefined ? "the events that a function names" : `\`${name}\``;
  if (kind === "call") return what;
  return `${what} (${kind === "publish" ? "sent" : "received"})`;
}
