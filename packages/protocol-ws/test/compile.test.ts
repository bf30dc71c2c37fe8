import { describe, expect, test } from "vitest";
import { gateway } from "./kit.ts";

const feed = { path: "/:room", subscribe: { events: ["chat.*"] } };

/** What was found in a fragment: `severity code jsonPath: message`. */
async function found(routes: Parameters<typeof gateway>[0], basePath?: string): Promise<string[]> {
  const { bus } = await gateway(routes, {}, basePath);
  const report = await bus.node("n1").waitForReport();
  return report.findings
    .filter(({ severity }) => severity !== "info")
    .map(({ severity, code, jsonPath, message }) => `${severity} ${code} ${jsonPath}: ${message}`);
}

describe("S6.1 a compiled part", () => {
  test("has a claim for each shape, an endpoint and a route", async () => {
    const { registry, route } = await gateway([
      {
        ...feed,
        path: "/:room/:topic?",
        description: "d",
        deprecated: true,
        publish: { event: "chat.said" },
      },
    ]);
    const { version } = registry.find("master", undefined);
    expect(version?.endpoints).toMatchObject([
      {
        protocol: "WebSocket",
        key: "WS /chat/:/:",
        label: "WS /chat/:room/:topic?",
        description: "d",
        deprecated: true,
        websocket: { path: "/chat/:room/:topic?" },
        group: { name: "chat" },
        connectors: [
          {
            kind: "subscribe",
            events: ["chat.*"],
            rules: [],
            origin: { jsonPath: "protocol.WebSocket.routes[0].subscribe" },
          },
          {
            kind: "publish",
            events: ["chat.said"],
            origin: { jsonPath: "protocol.WebSocket.routes[0].publish" },
          },
        ],
      },
    ]);
    expect(route("WS /chat/:/:")).toMatchObject({ kind: "websocket", path: "/chat/:room/:topic?" });
  });

  test.each([
    [
      "two routes of one shape",
      [feed, { ...feed, path: "/:name" }],
      "error ROUTE_TWICE protocol.WebSocket.routes[1]: WS /chat/:name " +
        "matches the same requests as WS /chat/:room at protocol.WebSocket.routes[0].",
    ],
    [
      "@body",
      [{ path: "/x", publish: { event: "a.b", params: { a: "@body.a" } } }],
      "error SOURCE_FOREIGN protocol.WebSocket.routes[0].publish.params.a: " +
        "`@body` is a source of another protocol.",
    ],
    [
      "batching",
      [{ path: "/x", publish: { event: "a.b", params: { a: "@path.a[]" } } }],
      "error BATCHING_INVALID protocol.WebSocket.routes[0].publish.params.a: " +
        "Only GraphQL can batch calls with `[]`.",
    ],
    [
      "an invalid name",
      [{ path: "/x", publish: { event: "a.*" } }],
      expect.stringContaining("error EVENT_NAME_INVALID protocol.WebSocket.routes[0].publish.event: "),
    ],
  ])("%s", async (_what, routes, expected) => {
    expect(await found(routes)).toContainEqual(expected);
  });

  test("S4.6 a reserved path", async () => {
    expect(await found([{ path: "/~status", subscribe: { events: ["a"] } }], "/")).toEqual([
      "error PATH_RESERVED protocol.WebSocket.routes[0].path: " +
        "The path /~status is reserved: the gateway serves /~.",
    ]);
  });

  test("the faults of both connectors are found in one pass", async () => {
    const routes = [{ path: "/x", subscribe: { events: "() => nonsense(" }, publish: { event: "a.*" } }];
    expect(await found(routes)).toHaveLength(2);
  });
});

describe("S6.4 the fingerprint of a route", () => {
  const rules = (who: string, events: string, more: object = {}) => ({
    subscribe: [{ events: [events], who, ...more }],
  });
  const fingerprint = async (routes: Parameters<typeof gateway>[0], policy?: Parameters<typeof gateway>[1]) =>
    (await gateway(routes, policy)).fingerprint("WS /chat/:");

  test("does not depend on documentation, the place of the route, or rules that do not match", async () => {
    const plain = await fingerprint([feed]);
    expect(
      await fingerprint([
        { path: "/other", publish: { event: "a.b" } },
        { ...feed, description: "d" },
      ]),
    ).toBe(plain);
    expect(await fingerprint([feed], rules("ann", "other.*"))).toBe(plain);
    expect(await fingerprint([feed], { publish: [{ events: ["**"], who: "ann" }] })).toBe(plain);
    const guarded = await fingerprint([feed], rules("ann", "chat.*"));
    expect(await fingerprint([feed], rules("ann", "**", { description: "only ann" }))).toBe(guarded);
  });

  test("depends on its connectors, its path, ignoreError, and the rules that match", async () => {
    const guarded = { ...feed, publish: { event: "chat.said" } };
    const all = await Promise.all([
      fingerprint([feed]),
      fingerprint([guarded]),
      fingerprint([{ ...feed, ignoreError: true }]),
      fingerprint([{ ...feed, path: "/:name" }]),
      fingerprint([{ ...feed, subscribe: { events: ["chat.**"] } }]),
      fingerprint([feed], rules("ann", "chat.*")),
      fingerprint([feed], rules("bob", "chat.*")),
      fingerprint([guarded], { publish: [{ events: ["chat.said"], who: "ann" }] }),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  test("depends on every rule that can match where a function returns the names", async () => {
    const { functions, publish, fingerprint: current } = await gateway([]);
    const dynamic = [
      {
        path: "/:room",
        subscribe: { events: functions.text(({ path }: { path: { room: string } }) => `chat.${path.room}`) },
      },
    ];
    const of = async (revision: number, policy: object) => {
      await publish(dynamic, policy as never, revision);
      return current("WS /chat/:");
    };
    const plain = await of(2, {});
    expect(await of(3, { publish: [{ events: ["**"], who: "ann" }] })).toBe(plain);
    const guarded = await of(4, rules("ann", "chat.a"));
    expect(guarded).not.toBe(plain);
    expect(await of(5, rules("ann", "chat.b"))).not.toBe(guarded);
  });
});
