import { directoryOf as directoryWith, requestScope } from "@tidegate/plugin-testkit";
import type { Broker, CallRequest, PublishRequest } from "../../../src/contracts/broker.ts";
import type { ConnectorOptions } from "../../../src/contracts/connector.ts";
import type { ActionEntry, DirectorySnapshot } from "../../../src/contracts/directory.ts";
import type { ProtocolSources } from "../../../src/contracts/protocol.ts";
import type { Finding } from "../../../src/contracts/report.ts";
import type { Scope } from "../../../src/contracts/scope.ts";

/** A broker that stores its calls and events, and answers with a function of the test. */
export interface TestBroker extends Broker {
  readonly calls: CallRequest[];
  readonly sent: PublishRequest[];
}

export function testBroker(answer: (request: CallRequest) => unknown = ({ params }) => params): TestBroker {
  const calls: CallRequest[] = [];
  const sent: PublishRequest[] = [];
  return {
    contract: 2,
    name: "test",
    calls,
    sent,
    start: async () => undefined,
    stop: async () => undefined,
    call: async (_, request) => {
      calls.push(request);
      return answer(request);
    },
    publish: async (_, request) => {
      sent.push(request);
    },
  };
}

/** A directory of these actions, in which the fragment's service is too. */
export function directoryOf(
  broker: Broker,
  actions: Readonly<Record<string, Partial<ActionEntry>>>,
): DirectorySnapshot {
  return directoryWith(broker, actions, [origin.service]);
}

/** A request's scope on a directory. */
export function scopeOf(directory: DirectorySnapshot, parts: Partial<Scope> = {}): Scope {
  return requestScope({}, { directory, ...parts });
}

/** Takes findings and reports. */
export function collector(): { readonly findings: Finding[]; addFinding(finding: Finding): void } {
  const findings: Finding[] = [];
  return { findings, addFinding: (finding) => void findings.push(finding) };
}

/** How REST compiles the connector of a GET route. */
export const getOptions: ConnectorOptions = {
  jsonPath: "protocol.REST.routes[0]",
  implicit: ["path", "query"],
};

/** The sources of REST (S3.1). */
export const restSources: ProtocolSources = {
  path: { values: "text", fromClient: true },
  query: { values: "text", fromClient: true },
  body: { values: "data", fromClient: true },
};

/** The sources of GraphQL (S3.1). */
export const graphqlSources: ProtocolSources = {
  source: { values: "data", fromClient: false },
  args: { values: "data", fromClient: true },
  info: { values: "data", fromClient: false },
};

/** Whose fragment it is. */
export const origin = { service: "player", hash: "a".repeat(32) } as const;
