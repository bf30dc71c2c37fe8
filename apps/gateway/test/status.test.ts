import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestService } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { z } from "zod";
import { startTestGateway } from "./reports/test-gateway.ts";

const statusSchema = z.looseObject({
  latestUsedAt: z.string().nullable(),
  latestVersion: z.string().nullable(),
  versions: z.array(
    z.looseObject({
      version: z.string(),
      fullVersion: z.string(),
      routes: z.array(z.string()),
      integrations: z.array(z.looseObject({ service: z.string(), state: z.string(), hash: z.string() })),
    }),
  ),
  services: z.array(
    z.looseObject({
      service: z.string(),
      nodes: z.array(z.looseObject({ node: z.string(), state: z.string() })),
      waiting: z.array(z.string()),
    }),
  ),
});

/** `/~status` as a client sees it. */
async function statusOf(url: string): Promise<z.infer<typeof statusSchema>> {
  return statusSchema.parse(await (await fetch(`${url}/~status`)).json());
}

/** The example of the specification (S9.9). */
async function specified(): Promise<z.infer<typeof statusSchema>> {
  const page = join(import.meta.dirname, "../../../docs/specification/s09-registry.md");
  const [, section = ""] = (await readFile(page, "utf8")).split('<a id="s9.9"></a>');
  return statusSchema.parse(JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? ""));
}

const player = (typeDefs: string, revision = 1): TestService => ({
  name: "player",
  revision,
  fragment: {
    protocol: {
      REST: {
        basePath: "/players",
        routes: [
          { method: "GET", path: "/:id", description: "One player.\nMore.", call: { action: "player.get" } },
        ],
      },
      WebSocket: { basePath: "/live", routes: [{ path: "/", subscribe: { events: ["player.*"] } }] },
      GraphQL: {
        typeDefs: `type Player { id: ID! ${typeDefs} } extend type Query { player: Player }`,
        resolvers: { Query: { player: { call: { action: "player.get" } } } },
      },
    },
  },
  actions: { get: { params: { type: "object", properties: { id: { type: "string" } } } } },
});
const team: TestService = {
  name: "team",
  fragment: {
    protocol: { REST: { basePath: "/teams", routes: [{ method: "GET", path: "/", map: "() => []" }] } },
  },
};

test("S9.9: a gateway without services answers the example of the specification", async () => {
  const { url } = await startTestGateway();
  const [status, example] = [await statusOf(url), await specified()];
  const [newest] = status.versions;
  expect(newest?.fullVersion).toMatch(/^[0-9a-f]{32}$/);
  expect(newest?.version).toBe(newest?.fullVersion.slice(0, 8));
  expect(Object.keys(status).slice(0, Object.keys(example).length)).toEqual(Object.keys(example));
  expect(status).toMatchObject({
    ...example,
    latestUsedAt: expect.toSatisfy((text) => new Date(text).toISOString() === text),
    latestVersion: newest?.version,
    // The first version of this gateway has the routes of its protocols already.
    versions: example.versions
      .slice(0, 1)
      .map((version) => ({ ...version, version: newest?.version, fullVersion: newest?.fullVersion })),
  });
});

test("S9.9: routes of services stand before those of protocols, and what waits is named", async () => {
  const { url, publish } = await startTestGateway();
  await publish(player("team: Team"));
  const status = await statusOf(url);
  expect(status.versions[0]?.routes).toEqual([
    "/live (ws): service player",
    "/players/:id (http:GET): One player.",
    "/graphql (http:POST): GraphQL HTTP operation endpoint",
    "/graphql (ws): GraphQL WebSocket operation endpoint",
    "/graphql (http:GET): GraphQL Playground endpoint",
    "/~status (http:GET): master branch introspection endpoint",
  ]);
  expect(status.services).toMatchObject([{ service: "player", waiting: ["field Player.team"] }]);
});

test("S9.9: what waits or was refused stays on the newest version until that is over", async () => {
  const { url, publish } = await startTestGateway();
  const open = async (): Promise<unknown> =>
    (await statusOf(url)).versions[0]?.integrations.map(({ service, state }) => `${service} ${state}`);
  await publish(player("team: Team"));
  await publish({ ...team, name: "other", fragment: { protocol: { REST: { basePath: "x" } } } });
  await publish(team);
  expect(await open()).toEqual(["team succeeded", "player waiting", "other failed"]);
  await publish(player("name: String", 2));
  expect(await open()).toEqual(["player succeeded", "other failed"]);
});

test("S9.9: a lost node is marked until it is removed", async () => {
  const { url, publish, bus } = await startTestGateway();
  await publish(team, "n1");
  await publish(team, "n2");
  bus.node("n2").crash();
  expect((await statusOf(url)).services).toMatchObject([
    {
      service: "team",
      state: "up",
      nodes: [
        { node: "n1", state: "up" },
        { node: "n2", state: "lost" },
      ],
    },
  ]);
});
