import type { ConnectorDescription, ConnectorKind } from "../../contracts/connector.ts";
import { nameMatcher, overlaps } from "../../runtime/names.ts";
import type { Aspect } from "./aspect.ts";
import { mappingAspects, type Renamed } from "./mapping.ts";

/** What differs in what an endpoint is mapped to. */
export interface ConnectorsDifference {
  /** What it is. */
  readonly aspects: readonly Aspect[];
  /** The places of the fingerprint that were looked at: `call.action`, `publish`. */
  readonly told: readonly string[];
}

/**
 * Compares the connectors of one endpoint, kind by kind.
 * @param renamed the path's parameters that have another name now
 */
export function connectorsDifference(
  before: readonly ConnectorDescription[],
  after: readonly ConnectorDescription[],
  renamed: Renamed,
): ConnectorsDifference {
  const [one, other] = [before[0], after[0]];
  if (before.length === 1 && after.length === 1 && one !== undefined && other !== undefined)
    if (one.kind !== other.kind)
      return {
        aspects: [
          {
            level: "dangerous",
            detail: `It was mapped to \`${one.kind}\`, and is to \`${other.kind}\` now.`,
          },
        ],
        told: [one.kind, other.kind],
      };
  const kinds = new Set([...before, ...after].map(({ kind }) => kind));
  const differences = [...kinds].map((kind) =>
    kindDifference(
      kind,
      before.filter((connector) => connector.kind === kind),
      after.filter((connector) => connector.kind === kind),
      renamed,
    ),
  );
  return {
    aspects: differences.flatMap(({ aspects }) => aspects),
    told: differences.flatMap(({ told }) => told),
  };
}

function kindDifference(
  kind: ConnectorKind,
  before: readonly ConnectorDescription[],
  after: readonly ConnectorDescription[],
  renamed: Renamed,
): ConnectorsDifference {
  const gone: Aspect[] = before
    .slice(after.length)
    .map(() => ({ level: "breaking", detail: `\`${kind}\` is gone: ${deeds[kind]} no more.` }));
  const fresh: Aspect[] = after
    .slice(before.length)
    .map(() => ({ level: "safe", detail: `\`${kind}\` is new: ${deeds[kind]} now.` }));
  const pairs = before.flatMap((one, index) => {
    const other = after[index];
    return other === undefined ? [] : [oneDifference(one, other, renamed)];
  });
  const told = gone.length + fresh.length > 0 ? [kind] : [];
  return {
    aspects: [...gone, ...fresh, ...pairs.flatMap(({ aspects }) => aspects)],
    told: [...told, ...pairs.flatMap((pair) => pair.told)],
  };
}

const deeds: Readonly<Record<ConnectorKind, string>> = {
  call: "it calls an action",
  map: "it answers with a function's value",
  publish: "it sends events",
  subscribe: "it receives events",
};

function oneDifference(
  before: ConnectorDescription,
  after: ConnectorDescription,
  renamed: Renamed,
): ConnectorsDifference {
  const { kind } = before;
  if (kind === "call") {
    return {
      aspects: [...callAspects(before, after), ...mappingAspects(before.params, after.params, renamed)],
      told: ["call.action", "call.params", "call.implicitParams", "call.batchedParams"],
    };
  }
  if (kind === "map") return { aspects: [], told: [] };
  const events = eventsDifference(before, after);
  if (kind === "subscribe") return events;
  return {
    aspects: [...events.aspects, ...mappingAspects(before.params, after.params, renamed)],
    told: [...events.told, "publish.params"],
  };
}

function callAspects(before: ConnectorDescription, after: ConnectorDescription): Aspect[] {
  const aspects: Aspect[] = [];
  const found = (detail: string): void => void aspects.push({ level: "dangerous", detail });
  if (before.action !== after.action)
    found(`It calls \`${after.action}\` now, no longer \`${before.action}\`.`);
  if (before.implicitParams !== after.implicitParams)
    found(
      after.implicitParams === true
        ? "What the action declares is filled in from the request now."
        : "What the action declares is not filled in from the request any more.",
    );
  const [was, is] = [before, after].map(({ batchedParams = [] }) => batchedParams.join(", "));
  if (was !== is)
    found(
      is === ""
        ? "Its calls do not travel in batches any more."
        : `Its calls travel in batches by \`${is}\` now.`,
    );
  return aspects;
}

function eventsDifference(before: ConnectorDescription, after: ConnectorDescription): ConnectorsDifference {
  const [one, other] = [before.events, after.events];
  const member = before.kind === "publish" ? "publish.event" : "subscribe.events";
  if (one === undefined && other === undefined) return { aspects: [], told: [] };
  if (one === undefined || other === undefined) {
    const detail =
      other === undefined
        ? "A function names its events now."
        : `Its events are ${listed(other)} now, and no function names them.`;
    return { aspects: [{ level: "dangerous", detail }], told: [member] };
  }
  if (before.kind === "publish") {
    const detail = `It sends ${listed(other)} now, no longer ${listed(one)}.`;
    const same = listed(one) === listed(other);
    return { aspects: same ? [] : [{ level: "dangerous", detail }], told: [member] };
  }
  return { aspects: [...lostEvents(one, other), ...newEvents(one, other)], told: [member] };
}

function lostEvents(before: readonly string[], after: readonly string[]): Aspect[] {
  return outside(before, after).map((name) =>
    after.some((pattern) => overlaps(pattern, name))
      ? { level: "dangerous", detail: `Not all events \`${name}\` are received any more.` }
      : { level: "breaking", detail: `The events \`${name}\` are not received any more.` },
  );
}

function newEvents(before: readonly string[], after: readonly string[]): Aspect[] {
  return outside(after, before).map((name) => ({
    level: "dangerous",
    detail: `The events \`${name}\` are received too now.`,
  }));
}

function outside(names: readonly string[], patterns: readonly string[]): readonly string[] {
  return names.filter((name) => !patterns.some((pattern) => covers(pattern, name)));
}

/** Whether every name that fits the one fits the other; false also where that is hard to tell. */
function covers(pattern: string, name: string): boolean {
  if (pattern === name || pattern === "**") return true;
  // A star in a name is a text that only stars match, but `**` stands for more than one segment.
  if (!name.includes("**")) return nameMatcher(pattern)(name);
  const prefix = pattern.endsWith(".**") ? pattern.slice(0, -"**".length) : undefined;
  return prefix !== undefined && !prefix.includes("*") && name.startsWith(prefix);
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
