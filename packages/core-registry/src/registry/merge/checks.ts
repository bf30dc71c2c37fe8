import type { Broker } from "../../contracts/broker.ts";
import type { ConnectorDescription } from "../../contracts/connector.ts";
import type { DirectorySnapshot } from "../../contracts/directory.ts";
import { nearestName } from "../../contracts/nearest-name.ts";
import type { Change, Finding } from "../../contracts/report.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";

/**
 * What the services and brokers that are there now say of a fragment (S2.4, S3.3, S13.2): it changes while the fragment
 * does not. An action that is not known is a warning that heals by itself; one that its service does not publish, and an
 * event that the fragment's broker cannot send or receive, refuse the fragment.
 */
export function judge(fragment: CompiledFragment, directory: DirectorySnapshot): readonly Finding[] {
  return fragment.endpoints
    .flatMap(({ connectors }) => connectors)
    .flatMap((connector) => [
      ...judgeCall(connector, directory),
      ...judgePublish(connector, directory),
      ...judgeSubscribe(connector, directory),
    ]);
}

function judgeCall(connector: ConnectorDescription, directory: DirectorySnapshot): Finding[] {
  const { action: name, namePath: jsonPath = connector.origin.jsonPath } = connector;
  if (name === undefined) return [];
  const found = `\`${name}\``;
  const action = directory.action(name);
  if (action === undefined) {
    const meant = nearestName(name, actionNames(directory));
    return [
      {
        severity: "warning",
        code: "ACTION_UNKNOWN",
        jsonPath,
        message: `No service has the action ${found} now. Calling it answers 503 until one has.`,
        found,
        ...(meant === undefined ? {} : { hint: `Did you mean \`${meant}\`?` }),
      },
    ];
  }
  if (!action.published) {
    return [
      {
        severity: "error",
        code: "ACTION_UNPUBLISHED",
        jsonPath,
        message: `The service \`${action.service}\` does not publish ${found} to others, so it cannot be mapped.`,
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
      message: `The action ${found} declares no params: nothing is passed to it but what \`params\` names.`,
      hint: "Declare the action's params, or name them in `params`.",
    },
  ];
}

// A mapping relies on the declaration where it names nothing itself.
function reliesOnDeclaration({ params, implicitParams }: ConnectorDescription): boolean {
  if (implicitParams !== true) return false;
  return params === null || typeof params !== "object" || Object.keys(params).length === 0;
}

function judgePublish(connector: ConnectorDescription, directory: DirectorySnapshot): Finding[] {
  const broker = brokerOf(connector, directory);
  if (connector.kind !== "publish" || broker === undefined || broker.publish !== undefined) return [];
  return [incapable(connector, `The broker ${broker.name} cannot send events.`)];
}

function judgeSubscribe(connector: ConnectorDescription, directory: DirectorySnapshot): Finding[] {
  const broker = brokerOf(connector, directory);
  if (connector.kind !== "subscribe" || broker === undefined || broker.events !== undefined) return [];
  return [incapable(connector, `The broker ${broker.name} cannot receive events.`)];
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
 * What to tell of changes that break clients, by the service whose new fragment made them: compared with the fragment that
 * the service was accepted with before. A service that went has nobody to be told.
 */
export function breakingFindings(
  before: CompiledVersion,
  after: Pick<CompiledVersion, "chosen"> & { readonly changes: readonly Change[] },
  severity: "error" | "warning",
): ReadonlyMap<string, readonly Finding[]> {
  const findings = new Map<string, Finding[]>();
  for (const { level, service, label, kind, detail } of after.changes) {
    if (level !== "breaking" || service === undefined) continue;
    const [old, young] = [before.chosen.get(service), after.chosen.get(service)];
    if (old === undefined || young === undefined || old.hash === young.hash) continue;
    const told = findings.get(service) ?? [];
    findings.set(service, told);
    told.push({
      severity,
      code: "CHANGE_BREAKING",
      jsonPath: "",
      message: `\`${label}\` was ${kind}, which breaks its clients.${detail === undefined ? "" : ` ${detail}`}`,
      found: label,
      hint:
        severity === "error"
          ? "This branch refuses breaking changes (`schema.guard`). Keep it beside the new one, or change it on another branch."
          : "Keep it beside the new one, marked as deprecated, until nobody uses it.",
    });
  }
  return findings;
}
