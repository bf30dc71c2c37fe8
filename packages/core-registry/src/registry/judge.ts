import type { Broker } from "../contracts/broker.ts";
import type { ConnectorDescription } from "../contracts/connector.ts";
import type { DirectorySnapshot } from "../contracts/directory.ts";
import type { Finding } from "../contracts/finding.ts";
import { nearestName } from "../fragment/nearest.ts";
import type { CompiledFragment } from "./compile-fragment.ts";

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
