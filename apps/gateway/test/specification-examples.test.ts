import { type FragmentInput, type Report, silentLogger } from "@tidegate/core-registry";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { describe, expect, test } from "vitest";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { mapMe, player, playerGraphQL, playerRest } from "./specification-examples/player.ts";
import { sizeText, storageGraphQL, storageRest } from "./specification-examples/storage.ts";
import { user } from "./specification-examples/user.ts";

/** The report on a fragment without other services. */
async function checked(service: string, fragment: FragmentInput): Promise<Report> {
  const { registry } = createDefaultGateway({
    brokers: [],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    server: h3Server({ port: 0, auth: { Bearer: () => undefined } }),
    logger: silentLogger,
  });
  return registry.check({ service, fragment });
}

/** The codes of all findings, except for unknown actions: there are no services here. */
const codes = ({ findings }: Report): string[] =>
  findings.map(({ code }) => code).filter((code) => code !== "ACTION_UNKNOWN");

describe("S1.6: the corrected examples of the specification are valid fragments", () => {
  test("player, over REST and GraphQL; its field `team` waits for the type `Team`", async () => {
    const report = await checked("player", player);
    expect(report.state).toBe("waiting");
    expect(report.findings.filter(({ code }) => code === "CLAIM_WAITING")).toMatchObject([
      { message: expect.stringMatching(/`Player\.team`.*`type Team`/) },
    ]);
    expect(report.findings.filter(({ severity }) => severity === "error")).toEqual([]);
    const labels = report.changes.map(({ label }) => label);
    expect(labels).toEqual(
      expect.arrayContaining(["GET /players/:id", "GET /players/me", "POST /players/message"]),
    );
  });

  test("storage, over REST and over GraphQL", async () => {
    expect(codes(await checked("storage", storageRest))).toEqual([]);
    expect(codes(await checked("storage", storageGraphQL(sizeText)))).toEqual([]);
  });

  test("user; only the definitions that need the storage's `File` wait", async () => {
    const report = await checked("user", user("UserInput", "enum Gender { MALE FEMALE OTHER }"));
    expect(codes(report).filter((code) => code !== "GRAPHQL_UNRESOLVED")).toEqual(["CLAIM_WAITING"]);
  });

  test("notification", async () => {
    const routes = [
      {
        method: "PUT",
        path: "/update-token",
        call: {
          action: "notification.updateToken",
          params: { identityId: "@context.auth.identity.sub", token: "@body.token" },
        },
      },
    ] as const;
    const REST = { description: "update user's FCM registration token", basePath: "/notification", routes };
    expect(codes(await checked("notification", { policy: {}, protocol: { REST } }))).toEqual([]);
  });

  test("chat, with its WebSocket routes", async () => {
    const WebSocket = {
      basePath: "/chat",
      description: "...",
      routes: [
        {
          path: "/message-pubsub/:roomId",
          subscribe: { events: `({ path }) => ["chat.message." + path.roomId]` },
          publish: { event: `({ path }) => "chat.message." + path.roomId`, params: "@message" },
        },
        {
          path: "/video-pubsub",
          subscribe: { events: ["chat.video"] },
          publish: {
            event: "chat.video",
            params: { id: "@context.id", username: "@query.username", data: "@message" },
            filter: "({ params }) => params.id && params.username && params.data",
          },
        },
      ],
    };
    expect(codes(await checked("chat", { policy: {}, protocol: { WebSocket } }))).toEqual([]);
  });
});

describe("S1.6: the mistakes in the examples are reported", () => {
  test("`GET /me` twice", async () => {
    const REST = { ...playerRest, routes: [...(playerRest.routes ?? []), mapMe] };
    const report = await checked("player", { protocol: { REST } });
    expect(report.state).toBe("failed");
    expect(report.findings.filter(({ severity }) => severity === "error")).toMatchObject([
      { code: "ROUTE_TWICE", jsonPath: "protocol.REST.routes[3]" },
    ]);
  });

  test("`=> return` in `__isTypeOf`", async () => {
    const __isTypeOf = "({ source, context, info }) => return source.someSpecialFieldForThisType != null";
    const { resolvers } = playerGraphQL;
    const GraphQL = {
      ...playerGraphQL,
      resolvers: { ...resolvers, Player: { ...resolvers?.Player, __isTypeOf } },
    };
    const report = await checked("player", { protocol: { GraphQL } });
    expect(report.findings.filter(({ severity }) => severity === "error")).toMatchObject([
      {
        code: "FUNCTION_SYNTAX",
        jsonPath: "protocol.GraphQL.resolvers.Player.__isTypeOf",
        line: 1,
        column: 32,
        frame: expect.stringContaining("^"),
        hint: expect.stringContaining("=>"),
      },
    ]);
  });

  test("`: any` inside the text of a function", async () => {
    const report = await checked(
      "storage",
      storageGraphQL(sizeText.replace("{ source }", "{ source }: any")),
    );
    expect(report.findings.filter(({ severity }) => severity === "error")).toMatchObject([
      { code: "FUNCTION_SYNTAX", hint: expect.stringContaining("TypeScript") },
    ]);
  });

  test("definitions that need the undefined types `UserInput` and `Gender` wait", async () => {
    const report = await checked("user", user("SportsUserInput", ""));
    const waits = report.findings
      .filter(({ code }) => code === "CLAIM_WAITING")
      .map(({ message }) => message);
    expect(waits).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/`Mutation\.createUser`.*`type UserInput`/),
        expect.stringMatching(/`User\.gender`.*`type Gender`/),
      ]),
    );
    expect(report.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  });
});
