import type { ConnectorDescription, Endpoint, JsonObject } from "@tidegate/core-registry";
import { connectorInputs, type Inputs } from "../endpoint/inputs.ts";
import { type PathTemplate, pathTemplates } from "../endpoint/paths.ts";

/** One address at which sockets are opened. */
export interface Channel {
  /** `/chat/{room}`. */
  readonly address: string;
  /** The channel as AsyncAPI writes it, without its messages. */
  readonly description: JsonObject;
  /** What is said there. */
  readonly speeches: readonly Speech[];
}

/** What one side says, as its connector makes it. */
export interface Speech {
  /** `send`: the gateway sends; `receive`: it takes. */
  readonly action: "send" | "receive";
  /** What the operation is named by. */
  readonly name: string;
  /** What stands behind it. */
  readonly connector: ConnectorDescription;
  /** The messages. */
  readonly messages: readonly NamedMessage[];
}

/** A message, and how it wants to be named in its channel. */
export interface NamedMessage {
  /** What it is named by. */
  readonly id: string;
  /** The message as AsyncAPI writes it. */
  readonly message: JsonObject;
}

const bindingVersion = "0.1.0";
/** What subscriptions of GraphQL are spoken in (S5.5). */
const transport: JsonObject = {
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

/** The channels of a WebSocket route (S6.1): one, or several where parameters of its path are optional. */
export function socketChannels(endpoint: Endpoint, path: string): readonly Channel[] {
  return pathTemplates(path).map((template) => socketChannel(endpoint, template));
}

/** The channel of a field that GraphQL clients subscribe to. All of them share its address. */
export function fieldChannel(endpoint: Endpoint, path: string): Channel {
  return {
    address: path,
    description: {
      address: path,
      title: `WS ${path}`,
      description: "Subscriptions of GraphQL, each result in a `next` message of graphql-transport-ws.",
      bindings: transport,
    },
    speeches: endpoint.connectors.map((connector) => ({
      action: "send",
      name: endpoint.label,
      connector,
      messages: [
        { id: endpoint.label, message: { name: endpoint.label, title: endpoint.label, payload: {} } },
      ],
    })),
  };
}

function socketChannel(endpoint: Endpoint, path: PathTemplate): Channel {
  const pathNames = new Set(path.parameters.map(({ name }) => name));
  const inputs = endpoint.connectors.map((connector) => connectorInputs(connector, pathNames, undefined));
  const parameters = path.parameters.map(({ name, schema, description }): [string, JsonObject] => [
    name,
    {
      description:
        description ??
        (typeof schema.pattern === "string" ? `Fits ${schema.pattern}` : `\`${name}\` of the path`),
    },
  ]);
  return {
    address: path.template,
    description: {
      address: path.template,
      title: endpoint.label,
      ...(endpoint.description !== undefined && { description: endpoint.description }),
      ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
      bindings: { ws: { method: "GET", ...queryOf(inputs), bindingVersion } },
    },
    speeches: endpoint.connectors.map((connector, index) => speechOf(connector, path, inputs[index])),
  };
}

function speechOf(connector: ConnectorDescription, path: PathTemplate, inputs: Inputs | undefined): Speech {
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

function queryOf(inputs: readonly Inputs[]): { readonly query?: JsonObject } {
  const all = new Map(inputs.flatMap(({ query }) => [...query]));
  if (all.size === 0) return {};
  const properties = Object.fromEntries([...all].map(([name, { schema }]) => [name, schema]));
  return { query: { type: "object", properties } };
}
