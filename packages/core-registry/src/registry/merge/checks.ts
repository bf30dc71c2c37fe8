import type { Broker } from "../../contracts/broker.ts";
import type { ConnectorDescription } from "../../contracts/connector.ts";
import type { DirectorySnapshot, ServiceEntry } from "../../contracts/directory.ts";
import { certainName, nearestName } from "../../contracts/nearest-name.ts";
import type { Change, Finding } from "../../contracts/report.ts";
import { type NameMatcher, nameMatcher } from "../../runtime/names.ts";
import { possibleServices } from "../claims/claim-index.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";

/**
 * Checks a fragment against the services and brokers of the directory (S1.7, S2.4, S3.3, S13.2). The result
 * changes with the directory. An unknown action is a warning that disappears with the service's arrival, and
 * so is an event one slip away from a known one; an action that its service does not publish, and an event
 * that the fragment's broker cannot send or receive, are errors.
 */
export function checkAgainstDirectory(
  fragment: CompiledFragment,
  directory: DirectorySnapshot,
): readonly Finding[] {
  const connectors = fragment.endpoints.flatMap((endpoint) => endpoint.connectors);
  return [
    ...connectors.flatMap((connector) => [
      ...checkCall(connector, directory),
      ...checkPublish(connector, directory),
      ...checkSubscribe(connector, directory),
    ]),
    ...checkEventNames(connectors, directory),
  ];
}

function checkCall(connector: ConnectorDescription, directory: DirectorySnapshot): Finding[] {
  const { action: name, namePath: jsonPath = connector.origin.jsonPath } = connector;
  if (name === undefined) return [];
  const found = `\`${name}\``;
  const action = directory.action(name);
  if (action === undefined) return [unknownAction(name, jsonPath, directory)];
  if (!action.published) {
    return [
      {
        severity: "error",
        code: "ACTION_UNPUBLISHED",
        jsonPath,
        message: `The service \`${action.service}\` does not publish the action ${found}, so it cannot be mapped.`,
        found,
      },
    ];
  }
  if (action.params !== undefined || !reliesOnDeclaration(connector)) return [];
  return [
    {
      severity: "warning",
      code: "PARAMS_UNDECLARED",
      jsonPath,
      message: `The action ${found} declares no params: only what \`params\` names is passed to it.`,
      hint: "Declare the action's params, or name them in `params`.",
    },
  ];
}

function unknownAction(name: string, jsonPath: string, directory: DirectorySnapshot): Finding {
  const found = `\`${name}\``;
  const owner = ownerOf(name, directory);
  const similar = (owner && nearestName(name, namesOf(owner))) ?? nearestName(name, actionNames(directory));
  return {
    severity: "warning",
    code: "ACTION_UNKNOWN",
    jsonPath,
    message: `No service provides ${found} yet. Calls return 503 until one does.`,
    found,
    ...(similar === undefined ? {} : { hint: `Did you mean \`${similar}\`?` }),
  };
}

// The action is probably one of the service that its name names, and only some of all actions are compared.
function ownerOf(action: string, directory: DirectorySnapshot): ServiceEntry | undefined {
  for (const name of possibleServices(action)) {
    const service = directory.service(name);
    if (service !== undefined) return service;
  }
  return undefined;
}

function namesOf({ actions }: ServiceEntry): string[] {
  return actions.map(({ name }) => name);
}

// Without a mapping of its own, a connector passes what the action declares.
function reliesOnDeclaration({ params, implicitParams }: ConnectorDescription): boolean {
  if (implicitParams !== true) return false;
  return params === null || typeof params !== "object" || Object.keys(params).length === 0;
}

function checkPublish(connector: ConnectorDescription, directory: DirectorySnapshot): Finding[] {
  const broker = brokerOf(connector, directory);
  if (connector.kind !== "publish" || broker === undefined || broker.publish !== undefined) return [];
  return [incapable(connector, `The broker ${broker.name} cannot send events.`)];
}

function checkSubscribe(connector: ConnectorDescription, directory: DirectorySnapshot): Finding[] {
  const broker = brokerOf(connector, directory);
  if (connector.kind !== "subscribe" || broker === undefined || broker.events !== undefined) return [];
  return [incapable(connector, `The broker ${broker.name} cannot receive events.`)];
}

// Services announce only the events that they receive. So an event that nobody is known to send or receive is
// no fault by itself: it is one where a single slip turns it into a known one.
function checkEventNames(
  connectors: readonly ConnectorDescription[],
  directory: DirectorySnapshot,
): readonly Finding[] {
  const withEvents = connectors
    .filter(({ events = [] }) => events.length > 0)
    .map((connector) => ({ ...connector, events: (connector.events ?? []).slice(0, maxEvents) }))
    .slice(0, maxEvents);
  if (withEvents.length === 0) return [];
  const received = [...directory.services()].flatMap(({ events }) => events);
  const namesBeside = (kind: ConnectorDescription["kind"]): KnownEvents => {
    const ofOthers = withEvents.flatMap((other) => (other.kind === kind ? [] : (other.events ?? [])));
    const names = [...new Set([...received, ...ofOthers])].slice(0, maxKnownEvents);
    return { names, matchers: names.map(nameMatcher) };
  };
  const known = new Map<ConnectorDescription["kind"], KnownEvents>();
  const used = withEvents.flatMap((connector) => connector.events.map((event) => ({ connector, event })));
  return used.slice(0, maxEvents).flatMap(({ connector, event }) => {
    const beside = known.get(connector.kind) ?? namesBeside(connector.kind);
    known.set(connector.kind, beside);
    return checkEventName(event, connector, beside);
  });
}

/**
 * The most events of a fragment that are checked, and the most that each is compared with. Without them, one
 * fragment with 100,000 events blocked the event loop for more than 18 s. A missing warning does no harm.
 */
const maxEvents = 20;
const maxKnownEvents = 1_000;

/** The names and patterns of events that services and other connectors use. */
interface KnownEvents {
  readonly names: readonly string[];
  readonly matchers: readonly NameMatcher[];
}

function checkEventName(
  event: string,
  { origin }: ConnectorDescription,
  { names, matchers }: KnownEvents,
): Finding[] {
  if (event.includes("*") || matchers.some((matches) => matches(event))) return [];
  const similar = certainName(event, names, 1);
  // `room.1` beside `room.2` is no slip.
  if (similar === undefined || withoutDigits(similar) === withoutDigits(event)) return [];
  return [
    {
      severity: "warning",
      code: "EVENT_UNKNOWN",
      jsonPath: origin.jsonPath,
      message: `Nothing that is known sends or receives \`${event}\`, but \`${similar}\` exists.`,
      found: `\`${event}\``,
      hint: `Did you mean \`${similar}\`?`,
    },
  ];
}

function withoutDigits(text: string): string {
  return text.replaceAll(/\d/g, "");
}

function brokerOf({ origin }: ConnectorDescription, directory: DirectorySnapshot): Broker | undefined {
  return directory.service(origin.service)?.broker;
}

function incapable({ origin }: ConnectorDescription, message: string): Finding {
  return { severity: "error", code: "CAPABILITY_MISSING", jsonPath: origin.jsonPath, message };
}

function* actionNames(directory: DirectorySnapshot): Iterable<string> {
  for (const service of directory.services()) for (const action of service.actions) yield action.name;
}

/**
 * Findings about changes that break clients, by the service whose new fragment makes them. A removed service
 * has no developer to report to.
 */
export function breakingFindings(
  before: CompiledVersion,
  after: Pick<CompiledVersion, "chosen"> & { readonly changes: readonly Change[] },
  severity: "error" | "warning",
): ReadonlyMap<string, readonly Finding[]> {
  const findings = new Map<string, Finding[]>();
  for (const { level, service, label, kind, detail } of after.changes) {
    if (level !== "breaking" || service === undefined) continue;
    const [previous, current] = [before.chosen.get(service), after.chosen.get(service)];
    if (previous === undefined || current === undefined || previous.hash === current.hash) continue;
    const own = findings.get(service) ?? [];
    findings.set(service, own);
    own.push({
      severity,
      code: "CHANGE_BREAKING",
      jsonPath: "",
      message: `\`${label}\` was ${kind}, which breaks its clients.${detail === undefined ? "" : ` ${detail}`}`,
      found: label,
      hint:
        severity === "error"
          ? "`schema.breakingChanges` refuses this here. Keep the old one too, or use another branch."
          : "Keep the old one beside the new one, marked as deprecated, until no client uses it.",
    });
  }
  return findings;
}
