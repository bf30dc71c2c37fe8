import { Parser } from "@asyncapi/parser";
import type {
  ConnectorDescription,
  Endpoint,
  JsonObject,
  ProtocolVersion,
  Route,
} from "@tidegate/core-registry";
import { describe, expect, test, vi } from "vitest";
import { asyncApiDocument } from "../src/asyncapi.ts";
import { directoryOf, endpointOf, versionOf } from "./fixture.ts";

// The parser loads slowly on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

const origin = { service: "chat", hash: "a".repeat(32), jsonPath: "protocol.WebSocket.routes[0]" };
const rule = (description: string, requirements: Record<string, string[]>) => ({
  description,
  names: ["**"],
  origin,
  requirements,
});

function socketOf(
  path: string,
  connectors: readonly Partial<ConnectorDescription>[],
  more: Partial<Endpoint> = {},
): Endpoint {
  return {
    protocol: "WebSocket",
    key: `WS ${path}`,
    label: `WS ${path}`,
    connectors: connectors.map((connector) => ({ kind: "subscribe", origin, rules: [], ...connector })),
    origin,
    websocket: { path },
    group: { name: "chat", description: "Rooms." },
    fingerprint: path,
    ...more,
  };
}

function fieldOf(type: string, field: string, connector: Partial<ConnectorDescription> = {}): Endpoint {
  const label = `${type}.${field}`;
  const more = { protocol: "GraphQL", key: label, label, graphql: { type, field } };
  const { websocket: _, ...endpoint } = socketOf("/", [{ events: ["match.*"], ...connector }], more);
  return endpoint;
}

const endpoints: readonly Endpoint[] = [
  socketOf("/chat/:room", [
    { events: ["chat.message", "chat.joined"], rules: [rule("Members.", { scope: ["member", "admin"] })] },
    {
      kind: "publish",
      events: ["chat.message"],
      params: { room: "@path.room", text: "@message.text:string", tone: "@query.tone" },
      rules: [rule("Not the muted.", { filter: [] })],
    },
  ]),
  socketOf("/feed/:day?", [{ events: ["match.**"] }], { deprecated: true, description: "*All.*" }),
  socketOf("/", [{}]),
  fieldOf("Subscription", "goals"),
  fieldOf("Subscription", "cards", { rules: [rule("Fans.", { scope: ["fan"] })] }),
  fieldOf("Query", "match"),
  endpointOf("GET /players/:id"),
];

const socketRoute: Route = {
  kind: "websocket",
  path: "/graphql",
  fingerprint: "",
  accept: () => ({ accept: true }),
  open: async () => undefined,
};
const share: ProtocolVersion = { endpoints: [], assembled: { routes: [socketRoute] } };

function documentOf(all: readonly Endpoint[]): JsonObject {
  const version = { ...versionOf(all), protocols: new Map([["GraphQL", share]]) };
  const document = asyncApiDocument(version, directoryOf({}));
  return {
    ...document,
    servers: { gateway: { host: "127.0.0.1:8080", protocol: "ws", pathname: "/~next" } },
  };
}

function memberOf(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((inner, key) => Object(inner)[key], value);
}

/** The messages that the parser reports with the severity of an error. */
async function errorsOf(document: unknown): Promise<string[]> {
  const found = await new Parser().validate(JSON.stringify(document));
  return found
    .filter(({ severity }) => severity === 0)
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("the AsyncAPI document of a version (S14.1)", () => {
  const document = documentOf(endpoints);

  test("is valid for @asyncapi/parser, with and without sockets", async () => {
    expect(await errorsOf(document)).toEqual([]);
    expect(await errorsOf(documentOf([]))).toEqual([]);
  });

  test("the parser reports an error of an invalid document", async () => {
    const operations = { nothing: { action: "shout", channel: { $ref: "#/channels/nowhere" } } };
    expect((await errorsOf({ ...document, operations })).length).toBeGreaterThan(0);
  });

  test("each route is a channel with its parameters; an optional parameter makes two channels", () => {
    expect(memberOf(document, "channels", "chatByRoom")).toMatchObject({
      address: "/chat/{room}",
      title: "WS /chat/:room",
      parameters: { room: {} },
      bindings: { ws: { method: "GET", query: { type: "object", properties: { tone: {} } } } },
    });
    expect(Object.keys(Object(document.channels))).toEqual([
      "chatByRoom",
      "feed",
      "feedByDay",
      "graphql",
      "root",
    ]);
    expect(memberOf(document, "channels", "feed", "parameters")).toBeUndefined();
  });

  test("subscribe is a send operation, publish is receive; each event is a message", () => {
    expect(document.operations).toMatchObject({
      sendChatByRoom: {
        action: "send",
        channel: { $ref: "#/channels/chatByRoom" },
        messages: [
          { $ref: "#/channels/chatByRoom/messages/chatMessage" },
          { $ref: "#/channels/chatByRoom/messages/chatJoined" },
        ],
        tags: [{ name: "chat", description: "Rooms." }],
        "x-service": "chat",
        "x-connectors": [{ kind: "subscribe", events: ["chat.message", "chat.joined"] }],
      },
      receiveChatByRoom: {
        action: "receive",
        messages: [{ $ref: "#/channels/chatByRoom/messages/chatMessage2" }],
      },
      sendFeed: { "x-deprecated": true, description: "*All.*" },
    });
  });

  test("the payload of a published message is what the mapping reads of it", () => {
    expect(memberOf(document, "channels", "chatByRoom", "messages", "chatMessage2")).toEqual({
      name: "chat.message",
      title: "chat.message",
      payload: { type: "object", properties: { text: { type: "string" } } },
    });
  });

  test("a rule with scopes requires a token; a rule with only a function does not", () => {
    expect(memberOf(document, "operations", "sendChatByRoom")).toMatchObject({
      security: [{ $ref: "#/components/securitySchemes/bearer" }],
      "x-rules": ["Members."],
      "x-scopes": [["member"], ["admin"]],
    });
    expect(memberOf(document, "operations", "receiveChatByRoom", "security")).toBeUndefined();
    expect(JSON.stringify(document)).not.toContain("filter");
  });

  test("S5.5: all Subscription fields share one channel; other fields are not listed", () => {
    expect(memberOf(document, "channels", "graphql")).toMatchObject({
      address: "/graphql",
      messages: { subscriptionGoals: { name: "Subscription.goals" }, subscriptionCards: {} },
    });
    expect(memberOf(document, "operations", "sendSubscriptionCards")).toMatchObject({
      title: "Subscription.cards",
      security: [{}],
    });
    expect(JSON.stringify(document)).toContain('"const":"graphql-transport-ws"');
    expect(JSON.stringify(document)).not.toContain("Query.match");
  });
});
