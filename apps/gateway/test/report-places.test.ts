import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startSystem, timeoutMs } from "./service-system.ts";

const slow = { timeout: 4 * timeoutMs };
const shown = '{ transporter: "TCP" }';

/** The line and column of a text in a source, as `:line:column`. */
function placeOf(source: string, text: string): string {
  const before = source.slice(0, source.indexOf(text)).split("\n");
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

const typescript = `import { preset, tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker, type ServiceSchema } from "moleculer";

const routes = [
  { method: "GET", path: "/:id", call: "player.get" },
  { method: "GET", path: "no-slash", call: "player.get" },
] as const;
const schema: Partial<ServiceSchema> & { name: string } = {
  name: "player",
  mixins: [tidegate({ api: { protocol: { REST: { basePath: "/players", routes } } } })],
  actions: { get: () => null },
};
const broker = new ServiceBroker(preset({ transporter: "TCP" }));
broker.createService(schema);
await broker.start();
`;

const commonJs = `const { preset, tidegate } = require("@tidegate/service-moleculer");
const { ServiceBroker } = require("moleculer");

const broker = new ServiceBroker(preset({ transporter: "TCP" }));
broker.createService({
  name: "team",
  metadata: {
    api: {
      protocol: {
        GraphQL: {
          typeDefs: \`
            type Team { id: ID! }
            extend type Query { team(id ID!): Team }
          \`,
          resolvers: { Query: { team: "() => null" } },
        },
      },
    },
  },
  mixins: [tidegate()],
});
broker.start();
`;

const withJsonFile = `import { preset, tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker } from "moleculer";
import api from "./match.json" with { type: "json" };

const broker = new ServiceBroker(preset({ transporter: "TCP" }));
broker.createService({ name: "match", mixins: [tidegate({ api })] });
await broker.start();
`;

const json = `{
  "protocol": {
    "REST": { "basePath": "/matches",
      "routes": [{ "method": "GET", "path": "/", "map": "() =>\\n return 1" }] }
  }
}
`;

test(
  "S1.7: the log of a service shows the place in TypeScript, CommonJS and imported JSON",
  slow,
  async () => {
    const { run, folder } = await startSystem(["player", "team", "match"]);
    await writeFile(join(folder, "match.json"), json);
    const [player, team, match] = await Promise.all([
      run("player", typescript, shown),
      run("team", commonJs, shown, { extension: ".cjs" }),
      run("match", withJsonFile, shown),
    ]);

    const path = placeOf(typescript, 'path: "no-slash"');
    await player.waitFor((line) => line.endsWith(`player.ts${path}`), timeoutMs);
    expect(player.items.join("\n")).toContain(
      `error PATH_INVALID at protocol.REST.routes[1].path\n    player.ts${path}\n`,
    );
    expect(player.items.join("\n")).toMatch(/^ +> \| +"path": "no-slash",$/m);

    const type = placeOf(commonJs, "ID!): Team");
    await team.waitFor((line) => line.endsWith(`team.cjs${type}`), timeoutMs);
    await match.waitFor((line) => line.endsWith(`match.json${placeOf(json, "return 1")}`), timeoutMs);
  },
);
