import { type Finding, type FragmentInput, silentLogger } from "@tidegate/core-registry";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { describe, expect, test } from "vitest";
import { createDefaultGateway } from "../../src/default-gateway.ts";

/** The errors and warnings of a fragment of the service `player`. No service runs, so no action is known. */
async function problems(fragment: unknown): Promise<readonly Finding[]> {
  const { registry } = createDefaultGateway({
    brokers: [],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    server: h3Server({ port: 0, auth: { Bearer: () => undefined } }),
    logger: silentLogger,
  });
  const { findings } = await registry.check({ service: "player", fragment });
  return findings.filter(({ code, severity }) => severity !== "info" && code !== "ACTION_UNKNOWN");
}

const admin = { scope: ["admin"] };
const part = (...routes: readonly object[]): object => ({ REST: { basePath: "/teams/:team", routes } });
const restOf = (...routes: readonly object[]): object => ({ protocol: part(...routes) });
const mapped = (map: string): object => restOf({ method: "POST", path: "/:id", map });
const get = (parts: object): object => ({ method: "GET", path: "/:id", ...parts });

describe("S1.7: what can mean something is no warning", () => {
  test.each<[string, object]>([
    [
      "parameters of basePath, optional ones and wildcards",
      restOf({
        method: "GET",
        path: "/:id?/*file",
        call: {
          action: "player.get",
          params: { a: "@path.team", b: "@path.id", c: "@path.file", d: "@path" },
        },
      }),
    ],
    [
      "the body of DELETE",
      restOf({ method: "DELETE", path: "/", call: { action: "player.get", params: "@body" } }),
    ],
    [
      "a literal that begins with the name of a source",
      restOf(get({ call: { action: "a.b", params: { a: "path.x" } } })),
    ],
    ["a member of a text in a function", mapped("({ path }) => path.id.length + path.team.slice(1)")],
    ["a source that is named and not read", mapped("({ args, source, respons }) => 1")],
    ["an argument that is spread", mapped("({ path }) => ({ ...path }).idd")],
    ["an argument that is passed on", mapped("({ path }) => [path].map((each) => each.idd)")],
    ["a computed key", mapped("({ path, query }) => path[query.key]")],
    ["a member that the function adds", mapped("({ path }) => { path.idd = path.id; return path.idd; }")],
    ["a variable with two values", mapped("({ path }) => { let p = path; p = { idd: 1 }; return p.idd; }")],
    ["one of two values", mapped("({ path, query }) => (query.a ? query : path).idd")],
    ["all of the argument", mapped("(input) => Object.keys(input).length + input.quer")],
    ["`util` and `console`", mapped("({ util, path }) => { console.log(util); return path.id; }")],
    [
      "params that the action declares",
      restOf(get({ call: { action: "player.get", map: "({ request }) => request.params.anything" } })),
    ],
  ])("%s", async (_, fragment) => {
    expect(await problems(fragment)).toEqual([]);
  });

  test("in GraphQL: members of parents, custom scalars, lists, and inputs of other services", async () => {
    const typeDefs = `
      type Player { id: ID! team(of: JSON, ids: [Key!]): ID }
      input Key { id: ID }
      extend input Page { size: Int }
      extend type Query { player(id: ID!, page: Page): Player }
    `;
    const params = { a: "@source.teamId", b: "@args.of.any", c: "@args.ids.0.id", d: "@info.variables.x" };
    const resolvers = {
      Player: { team: { call: { action: "team.get", params } } },
      Query: {
        player: { call: { action: "player.get", params: { id: "@args.id", at: "@args.page.after" } } },
      },
    };
    expect(await problems({ protocol: { GraphQL: { typeDefs, resolvers } } })).toEqual([]);
  });

  test("in WebSocket: the members of an event and of a message", async () => {
    const routes = [
      {
        path: "/:room",
        subscribe: {
          events: ["chat.*"],
          filter:
            "({ path, source, params }) => source.node !== params.node && source.payload.room === path.room",
          map: "({ event, broadcast, source }) => ({ event, broadcast, groups: source.groups })",
        },
        publish: { event: "chat.said", params: { room: "@path.room", text: "@message.text" } },
      },
    ];
    expect(await problems({ protocol: { WebSocket: { basePath: "/chat", routes } } })).toEqual([]);
  });
});

describe("S1.2: a rule that can mean something is no warning", () => {
  const scored = {
    method: "POST",
    path: "/:id/:event",
    publish: { event: "({ path }) => 'player.' + path.event", params: {} },
  };
  test.each<[string, FragmentInput | object]>([
    [
      "a rule for events whose names a function computes",
      { policy: { publish: [{ events: ["player.goal"], ...admin }] }, ...restOf(scored) },
    ],
    [
      "a rule that overlaps a subscribed pattern",
      {
        policy: { subscribe: [{ events: ["player.goal", "*.card"], ...admin }] },
        protocol: {
          WebSocket: { basePath: "/feed", routes: [{ path: "/", subscribe: { events: ["player.*"] } }] },
        },
      },
    ],
    [
      "a rule of the owner for an action that only others expose",
      {
        policy: { owner: true, call: [{ actions: ["player.remove"], ...admin }] },
        ...restOf(get({ call: "player.get" })),
      },
    ],
    [
      "one rule over several protocols",
      {
        policy: { call: [{ actions: ["player.get", "player.list"], ...admin }] },
        protocol: {
          ...part(get({ call: "player.get" })),
          GraphQL: {
            typeDefs: "extend type Query { players: JSON }",
            resolvers: { Query: { players: { call: "player.list" } } },
          },
        },
      },
    ],
  ])("%s", async (_, fragment) => {
    expect(await problems(fragment)).toEqual([]);
  });

  test("a rule for a connector with an error; a misspelt rule is found in the same pass", async () => {
    const policy = {
      call: [
        { actions: ["player.get"], ...admin },
        { actions: ["player.gt"], ...admin },
      ],
    };
    const call = { action: "player.get", map: "({ response }) => return response" };
    const codes = (
      await problems({ policy, ...restOf(get({ call }), { path: "/x", call: "player.x" }) })
    ).map(({ code, jsonPath }) => `${code} ${jsonPath}`);
    expect(codes).toContain("RULE_MATCHES_NOTHING policy.call[1].actions[0]");
    expect(codes.filter((code) => code.startsWith("RULE"))).toHaveLength(1);
  });

  test("rules beside a protocol that the gateway does not have: what it reaches is not known", async () => {
    const policy = { call: [{ actions: ["player.get"], ...admin }] };
    const found = await problems({ policy, protocol: { JsonRpc: { methods: { get: "player.get" } } } });
    expect(found.map(({ code }) => code)).toEqual(["PROTOCOL_UNKNOWN"]);
  });
});
