import { expect, test } from "vitest";
import { expectGolden, startTestGateway } from "./test-gateway.ts";

const described = (description: string) => ({
  name: "player",
  fragment: {
    protocol: {
      REST: {
        basePath: "/players",
        routes: [{ method: "GET", path: "/:id", description, call: { action: "player.get" } }],
      },
      GraphQL: {
        typeDefs: `"""${description}""" type Player { id: ID! } extend type Query { player: Player }`,
        resolvers: { Query: { player: { call: { action: "player.get" } } } },
      },
    },
  },
  actions: { get: { params: { type: "object", properties: { id: { type: "string" } } } } },
});

test("S1.4: a change of documentation creates no version, is visible at once, and is reported", async () => {
  const { publish, gateway, url } = await startTestGateway();
  const summary = async (): Promise<unknown> => {
    const page = await fetch(`${url}/~catalog/openapi.json`);
    return JSON.stringify(await page.json());
  };
  const version = () => gateway.registry.find("master", undefined).version?.id;
  const first = await publish(described("One player."));
  const before = version();
  expect(await summary()).toContain("One player.");

  const report = await publish(described("A player, with everything."));
  expect(version()).toBe(before);
  expect(gateway.registry.branches()[0]?.versions).toHaveLength(2);
  expect(await summary()).toContain("A player, with everything.");
  expect(await summary()).not.toContain("One player.");
  expect(report).toMatchObject({ state: "succeeded", from: first.to, to: first.to, changes: [] });
  expect(report.findings).toMatchObject([{ severity: "info", code: "DOCUMENTATION_ONLY" }]);
  await expectGolden(report, "documentation-only");
});
