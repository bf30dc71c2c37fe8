import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { scope } from "@tidegate/policy-scope";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { ask } from "./client.ts";

const fragment = (paths: readonly string[], scopes: readonly string[]) => ({
  policy: { call: [{ actions: ["player.*"], scope: scopes }] },
  protocol: {
    REST: {
      basePath: "/players",
      routes: paths.map((path) => ({ method: "GET", path, call: { action: "player.get" } })),
    },
  },
});

test("`schema.breakingChanges: block` refuses a removed route, but never stricter rules", async () => {
  const bus = memoryBroker();
  const gateway = createDefaultGateway({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [scope()],
    server: h3Server({ port: 0, auth: { Bearer: () => undefined } }),
    logger: silentLogger,
    breakingChanges: { "*": "block" },
  });
  onTestFinished(() => gateway.stop());
  const node = bus.node("n1");
  const publish = (revision: number, paths: readonly string[], scopes: readonly string[]) =>
    node.publish({
      name: "player",
      revision,
      fragment: fragment(paths, scopes),
      actions: { get: { params: { type: "object" }, handler: () => 1 } },
    });
  publish(1, ["/a", "/b"], ["**"]);
  const [listening] = await gateway.start();
  const url = listening?.url ?? "";
  expect(await ask(`${url}/players/a`)).toMatchObject({ status: 200 });

  publish(2, ["/a", "/b"], ["player.read"]);
  const narrower = await node.waitForReport(({ findings }) =>
    findings.some(({ code }) => code === "CHANGE_BREAKING"),
  );
  expect(narrower).toMatchObject({
    state: "succeeded",
    findings: [
      { severity: "warning", code: "CHANGE_BREAKING" },
      { severity: "warning", code: "CHANGE_BREAKING" },
    ],
  });
  expect(await ask(`${url}/players/a`)).toMatchObject({ status: 401 });

  publish(3, ["/a"], ["player.read"]);
  const refused = await node.waitForReport(({ state }) => state === "failed");
  expect(refused.findings).toMatchObject([
    { severity: "error", code: "CHANGE_BREAKING", found: "GET /players/b" },
  ]);
  expect(await ask(`${url}/players/b`)).toMatchObject({ status: 401 });
});
