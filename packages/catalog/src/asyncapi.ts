import type {
  ConnectorDescription,
  DirectorySnapshot,
  Endpoint,
  JsonObject,
  Version,
} from "@tidegate/core-registry";
import { connectorInputs, type Inputs } from "./inputs.ts";
import { compareText, UniqueNames } from "./names.ts";
import { type PathTemplate, pathTemplates } from "./paths.ts";
import { operationSecurity, ruleDescriptions, securitySchemes } from "./security.ts";

/** An address where clients open WebSockets. */
interface Channel {
  /** The path in the notation of AsyncAPI, such as `/chat/{room}`. */
  readonly address: string;
  /** The AsyncAPI channel without its messages. */
  readonly description: JsonObject;
  readonly operations: readonly ChannelOperation[];
}

/** The messages of one connector in one direction. */
interface ChannelOperation {
  /** `send`: the gateway sends to the client; `receive`: the client sends to the gateway. */
  readonly action: "send" | "receive";
  /** The operation's name in the document is made of `action` and this text. */
  readonly name: string;
  readonly connector: ConnectorDescription;
  readonly messages: readonly ChannelMessage[];
}

interface ChannelMessage {
  /** The message's name in the document is made of this text. */
  readonly id: string;
  readonly message: JsonObject;
}

const bindingVersion = "0.1.0";
/** WebSocket binding of GraphQL subscriptions (S5.5). */
const graphqlBinding: JsonObject = {
  ws: {
    method: "GET",
    headers: {
      type: "object",
      properties: { "Sec-WebSocket-Protocol": { type: "string", const: "graphql-transport-ws" } },
      required: ["Sec-WebSocket-Protocol"],
    },
    bindingVersion,
  },
};

/**
 * Describes the WebSockets of a version as an AsyncAPI 3.0 document (S14.1): the WebSocket routes, and the
 * one socket of all GraphQL subscriptions. `servers` is left out, because it depends on the request.
 */
export function asyncApiDocument(version: Version, directory: DirectorySnapshot): JsonObject {
  const channels = new Map<string, { id: string; channel: Channel; messages: JsonObject }>();
  const channelIds = new UniqueNames();
  const operationIds = new UniqueNames();
  const operations: [string, JsonObject][] = [];
  for (const endpoint of version.endpoints) {
    for (const channel of channelsOf(endpoint, version)) {
      const id = () => channelIds.create(channel.address === "/" ? "root" : channel.address);
      const entry = channels.get(channel.address) ?? { id: id(), channel, messages: {} };
      channels.set(channel.address, entry);
      for (const operation of channel.operations) {
        const operationId = operationIds.create(`${operation.action} ${operation.name}`);
        const messages = nameMessages(operation, entry.messages);
        entry.messages = { ...entry.messages, ...messages };
        operations.push([
          operationId,
          describeOperation(endpoint, operation, entry.id, Object.keys(messages)),
        ]);
      }
    }
  }
  const sorted = [...channels.values()].sort((a, b) => compareText(a.id, b.id));
  return {
    asyncapi: "3.0.0",
    info: { title: `API of branch ${directory.branch}`, version: version.name },
    defaultContentType: "application/json",
    channels: Object.fromEntries(
      sorted.map(({ id, channel, messages }) => [id, { ...channel.description, messages }]),
    ),
    operations: Object.fromEntries(operations.sort(([a], [b]) => compareText(a, b))),
    components: { securitySchemes },
  };
}

function channelsOf(endpoint: Endpoint, version: Version): readonly Channel[] {
  if (endpoint.websocket !== undefined)
    return pathTemplates(endpoint.websocket.path).map((template) => routeChannel(endpoint, template));
  if (endpoint.graphql?.type !== "Subscription") return [];
  const routes = version.protocols.get(endpoint.protocol)?.assembled?.routes ?? [];
  return routes.flatMap((route) =>
    route.kind === "websocket" ? [subscriptionChannel(endpoint, route.path)] : [],
  );
}

/** Gives the messages of an operation names that its channel does not have yet. */
function nameMessages({ messages }: ChannelOperation, used: JsonObject): JsonObject {
  const names = new UniqueNames(Object.keys(used));
  return Object.fromEntries(messages.map(({ id, message }) => [names.create(id), message]));
}

/** The channel of a WebSocket route (S6.1) at one of its paths. */
function routeChannel(endpoint: Endpoint, path: PathTemplate): Channel {
  const pathNames = new Set(path.parameters.map(({ name }) => name));
  const inputs = endpoint.connectors.map((connector) => connectorInputs(connector, pathNames, undefined));
  const parameters = path.parameters.map(({ name, schema, description }): [string, JsonObject] => {
    const pattern = typeof schema.pattern === "string" ? `Matches ${schema.pattern}` : undefined;
    return [name, { description: description ?? pattern ?? `Path parameter \`${name}\`` }];
  });
  return {
    address: path.template,
    description: {
      address: path.template,
      title: endpoint.label,
      ...(endpoint.description !== undefined && { description: endpoint.description }),
      ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
      bindings: { ws: { method: "GET", ...querySchema(inputs), bindingVersion } },
    },
    operations: endpoint.connectors.map((connector, index) => routeOperation(connector, path, inputs[index])),
  };
}

function routeOperation(
  connector: ConnectorDescription,
  path: PathTemplate,
  inputs: Inputs | undefined,
): ChannelOperation {
  const sends = connector.kind === "subscribe";
  const payload = sends ? {} : (inputs?.body?.schema ?? {});
  return {
    action: sends ? "send" : "receive",
    name: path.template === "/" ? "root" : path.template,
    connector,
    messages: (connector.events ?? ["event"]).map((event) => ({
      id: event,
      message: { name: event, title: event, payload },
    })),
  };
}

function querySchema(inputs: readonly Inputs[]): { readonly query?: JsonObject } {
  const all = new Map(inputs.flatMap(({ query }) => [...query]));
  if (all.size === 0) return {};
  const properties = Object.fromEntries([...all].map(([name, { schema }]) => [name, schema]));
  return { query: { type: "object", properties } };
}

/** The channel of a GraphQL subscription field. All fields share its address. */
function subscriptionChannel(endpoint: Endpoint, path: string): Channel {
  const { label, connectors } = endpoint;
  const messages = [{ id: label, message: { name: label, title: label, payload: {} } }];
  return {
    address: path,
    description: {
      address: path,
      title: `WS ${path}`,
      description: "GraphQL subscriptions. Each result is a `next` message of graphql-transport-ws.",
      bindings: graphqlBinding,
    },
    operations: connectors.map((connector) => ({ action: "send", name: label, connector, messages })),
  };
}

/**
 * Describes one direction of a channel as an AsyncAPI operation (3.0, 5.4). AsyncAPI can require a token, but
 * it knows scopes only for OAuth2, and no optional token: scopes are listed in `x-scopes`, an optional token
 * is not mentioned.
 *
 * @param channelId the channel's name in the document
 * @param messages the names of the messages in the channel
 */
function describeOperation(
  endpoint: Endpoint,
  { action, connector }: ChannelOperation,
  channelId: string,
  messages: readonly string[],
): JsonObject {
  const alternatives = operationSecurity([connector]);
  const needsToken = alternatives.length > 0 && alternatives.every((alternative) => "bearer" in alternative);
  const scopes = alternatives.flatMap(({ bearer }) =>
    Array.isArray(bearer) && bearer.length > 0 ? [bearer] : [],
  );
  const rules = ruleDescriptions([connector]);
  const channelRef = `#/channels/${channelId}`;
  const { kind, events } = connector;
  return {
    action,
    channel: { $ref: channelRef },
    title: endpoint.label,
    summary: endpoint.label,
    ...(endpoint.description !== undefined && { description: endpoint.description }),
    ...(endpoint.group !== undefined && { tags: [{ ...endpoint.group }] }),
    ...(needsToken && { security: [{ $ref: "#/components/securitySchemes/bearer" }] }),
    messages: messages.map((name) => ({ $ref: `${channelRef}/messages/${name}` })),
    ...(endpoint.deprecated === true && { "x-deprecated": true }),
    "x-service": endpoint.origin.service,
    "x-connectors": [{ kind, ...(events !== undefined && { events }) }],
    ...(rules.length > 0 && { "x-rules": rules }),
    ...(scopes.length > 0 && { "x-scopes": scopes }),
  };
}
