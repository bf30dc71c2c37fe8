import type { ConnectorDescription, ConnectorKind } from "../../contracts/connector.ts";
import { nameMatcher, overlaps } from "../../runtime/names.ts";
import type { ChangeDetail } from "./change-detail.ts";
import { paramsDetails, type RequestSources } from "./params.ts";

/** The differences between the connectors of one endpoint. */
export interface ConnectorsDifference {
  readonly details: readonly ChangeDetail[];
  /** The members of the fingerprint that the details cover: `call.action`, `publish`. */
  readonly covered: readonly string[];
}

/** Compares the connectors of one endpoint in two versions, kind by kind. */
export function connectorsDifference(
  before: readonly ConnectorDescription[],
  after: readonly ConnectorDescription[],
  request: RequestSources,
): ConnectorsDifference {
  const [one, other] = [before[0], after[0]];
  const haveOneEach = before.length === 1 && after.length === 1 && one !== undefined && other !== undefined;
  if (haveOneEach && one.kind !== other.kind) {
    const detail = `The connector changed from \`${one.kind}\` to \`${other.kind}\`.`;
    return { details: [{ level: "dangerous", detail }], covered: [one.kind, other.kind] };
  }
  const kinds = new Set([...before, ...after].map(({ kind }) => kind));
  return joined(
    [...kinds].map((kind) =>
      kindDifference(
        kind,
        before.filter((connector) => connector.kind === kind),
        after.filter((connector) => connector.kind === kind),
        request,
      ),
    ),
  );
}

function joined(differences: readonly ConnectorsDifference[]): ConnectorsDifference {
  return {
    details: differences.flatMap(({ details }) => details),
    covered: differences.flatMap(({ covered }) => covered),
  };
}

function kindDifference(
  kind: ConnectorKind,
  before: readonly ConnectorDescription[],
  after: readonly ConnectorDescription[],
  request: RequestSources,
): ConnectorsDifference {
  const removed: ChangeDetail[] = before
    .slice(after.length)
    .map(() => ({ level: "breaking", detail: `\`${kind}\` was removed: it no longer ${effects[kind]}.` }));
  const added: ChangeDetail[] = after
    .slice(before.length)
    .map(() => ({ level: "safe", detail: `\`${kind}\` was added: it now ${effects[kind]}.` }));
  const pairs = before.flatMap((one, index) => {
    const other = after[index];
    return other === undefined ? [] : [pairDifference(one, other, request)];
  });
  const covered = removed.length + added.length > 0 ? [kind] : [];
  return joined([{ details: [...removed, ...added], covered }, ...pairs]);
}

const effects: Readonly<Record<ConnectorKind, string>> = {
  call: "calls an action",
  map: "responds with the value of a function",
  proxy: "passes requests on",
  publish: "sends events",
  subscribe: "receives events",
};

function pairDifference(
  before: ConnectorDescription,
  after: ConnectorDescription,
  request: RequestSources,
): ConnectorsDifference {
  const { kind } = before;
  if (kind === "map" || kind === "proxy") return { details: [], covered: [] };
  if (kind === "call") {
    return {
      details: [...callDetails(before, after), ...paramsDetails(before.params, after.params, request)],
      covered: ["call.action", "call.params", "call.implicitParams", "call.batchedParams"],
    };
  }
  const events = eventsDifference(before, after);
  if (kind === "subscribe") return events;
  return {
    details: [...events.details, ...paramsDetails(before.params, after.params, request)],
    covered: [...events.covered, "publish.params"],
  };
}

function callDetails(before: ConnectorDescription, after: ConnectorDescription): ChangeDetail[] {
  const details: string[] = [];
  if (before.action !== after.action)
    details.push(`It calls \`${after.action}\` instead of \`${before.action}\`.`);
  if (before.implicitParams !== after.implicitParams) {
    const are = after.implicitParams === true ? "are now" : "are no longer";
    details.push(`Declared params ${are} filled in from the request.`);
  }
  const [batchedBefore, batchedAfter] = [before, after].map(({ batchedParams = [] }) =>
    batchedParams.join(", "),
  );
  if (batchedBefore !== batchedAfter)
    details.push(
      batchedAfter === "" ? "Calls are no longer batched." : `Calls are now batched by \`${batchedAfter}\`.`,
    );
  return details.map((detail) => ({ level: "dangerous", detail }));
}

/** Event names are undefined where a function computes them. */
function eventsDifference(before: ConnectorDescription, after: ConnectorDescription): ConnectorsDifference {
  const [one, other] = [before.events, after.events];
  const covered = [before.kind === "publish" ? "publish.event" : "subscribe.events"];
  if (one === undefined && other === undefined) return { details: [], covered: [] };
  if (one === undefined || other === undefined) {
    const detail =
      other === undefined
        ? "A function now computes the event names."
        : `The event names are now fixed: ${listed(other)}.`;
    return { details: [{ level: "dangerous", detail }], covered };
  }
  if (before.kind === "publish") {
    const detail = `It sends ${listed(other)} instead of ${listed(one)}.`;
    const isSame = listed(one) === listed(other);
    return { details: isSame ? [] : [{ level: "dangerous", detail }], covered };
  }
  return { details: [...removedEvents(one, other), ...addedEvents(one, other)], covered };
}

function removedEvents(before: readonly string[], after: readonly string[]): ChangeDetail[] {
  return uncovered(before, after).map((name) =>
    after.some((pattern) => overlaps(pattern, name))
      ? { level: "dangerous", detail: `Some of the events \`${name}\` are no longer received.` }
      : { level: "breaking", detail: `The events \`${name}\` are no longer received.` },
  );
}

function addedEvents(before: readonly string[], after: readonly string[]): ChangeDetail[] {
  return uncovered(after, before).map((name) => ({
    level: "dangerous",
    detail: `The events \`${name}\` are now received, too.`,
  }));
}

function uncovered(names: readonly string[], patterns: readonly string[]): readonly string[] {
  const tests = patterns.map(coverTest);
  return names.filter((name) => !tests.some((covers) => covers(name)));
}

/**
 * Creates the test whether a pattern matches every event that another pattern or name matches. The test
 * returns false also where this is hard to decide.
 */
function coverTest(pattern: string): (name: string) => boolean {
  const matches = nameMatcher(pattern);
  const prefix = pattern.endsWith(".**") ? pattern.slice(0, -"**".length) : undefined;
  return (name) => {
    if (pattern === name || pattern === "**") return true;
    // `*` in a name is a text that only wildcards match, but `**` matches several segments.
    if (!name.includes("**")) return matches(name);
    return prefix !== undefined && !prefix.includes("*") && name.startsWith(prefix);
  };
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
