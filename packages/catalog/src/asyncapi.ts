import type { DirectorySnapshot, Endpoint, JsonObject, Version } from "@tidegate/core-registry";
import { compare, documentNames } from "../endpoint/names.ts";
import { securitySchemes } from "../endpoint/security.ts";
import { type Channel, fieldChannel, type Speech, socketChannels } from "./channel.ts";
import { operation } from "./operation.ts";

/**
 * What a version sends and takes over WebSockets as an AsyncAPI 3.0 document (S14.1), without `servers`: the same for every way
 * to ask for it. Sockets of routes are channels; so is the one of GraphQL's subscriptions.
 */
export function asyncApiDocument(version: Version, directory: DirectorySnapshot): JsonObject {
  const channels = new Map<
    string,
    { readonly id: string; readonly channel: Channel; messages: JsonObject }
  >();
  const channelNames = documentNames();
  const operationNames = documentNames();
  const operations: [string, JsonObject][] = [];
  for (const endpoint of version.endpoints) {
    for (const channel of channelsOf(endpoint, version)) {
      const known = channels.get(channel.address) ?? {
        id: channelNames.unique(channel.address === "/" ? "root" : channel.address),
        channel,
        messages: {},
      };
      channels.set(channel.address, known);
      for (const speech of channel.speeches) {
        const id = operationNames.unique(`${speech.action} ${speech.name}`);
        const messages = ownMessages(speech, known.messages);
        known.messages = { ...known.messages, ...messages };
        operations.push([id, operation(endpoint, speech, known.id, Object.keys(messages))]);
      }
    }
  }
  const ordered = [...channels.values()].sort((a, b) => compare(a.id, b.id));
  return {
    asyncapi: "3.0.0",
    info: { title: `API of branch ${directory.branch}`, version: version.name },
    defaultContentType: "application/json",
    channels: Object.fromEntries(
      ordered.map(({ id, channel, messages }) => [id, { ...channel.description, messages }]),
    ),
    operations: Object.fromEntries(operations.sort(([a], [b]) => compare(a, b))),
    components: { securitySchemes },
  };
}

function channelsOf(endpoint: Endpoint, version: Version): readonly Channel[] {
  if (endpoint.websocket !== undefined) return socketChannels(endpoint, endpoint.websocket.path);
  if (endpoint.graphql?.type !== "Subscription") return [];
  const routes = version.assembled.get(endpoint.protocol)?.routes.flat() ?? [];
  return routes.flatMap((route) => (route.kind === "websocket" ? [fieldChannel(endpoint, route.path)] : []));
}

/** The messages of a speech by names that the channel does not have yet. */
function ownMessages({ messages }: Speech, taken: JsonObject): JsonObject {
  const names = documentNames();
  for (const name of Object.keys(taken)) names.unique(name);
  return Object.fromEntries(messages.map(({ id, message }) => [names.unique(id), message]));
}
