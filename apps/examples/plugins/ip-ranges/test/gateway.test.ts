import { silentLogger } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { ipRanges } from "../src/index.ts";

/** Starts a gateway with one service, whose rule has these ranges. Requests come from 127.0.0.1. */
async function start(ip: unknown) {
  const bus = memoryBroker();
  const gateway = createGateway({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [ipRanges()],
    sandbox: sandbox(),
    server: h3Server({ port: 0, trustedProxies: ["127.0.0.1"] }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  const node = bus.node("n1");
  const publish = async (ranges: unknown, revision = 1): Promise<void> => {
    node.publish({
      name: "stock",
      revision,
      actions: { list: () => ["ball", "whistle"] },
      fragment: {
        policy: { call: [{ actions: ["stock.*"], description: "Office only", ip: ranges }] },
        protocol: {
          REST: { basePath: "/stock", routes: [{ method: "GET", path: "/", call: "stock.list" }] },
        },
      },
    });
    await gateway.registry.settled();
  };
  const [listening] = await gateway.start();
  await publish(ip);
  const get = (client: string): Promise<Response> =>
    fetch(`${listening?.url}/stock`, { headers: { "x-forwarded-for": client } });
  return { get, node, publish };
}

test("S17: clients in the ranges have access, others get 403 with the rule's description", async () => {
  const { get } = await start(["10.0.0.0/8", "2001:db8::/32"]);
  for (const client of ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7"])
    expect(await (await get(client)).json()).toEqual(["ball", "whistle"]);
  for (const client of ["11.1.2.3", "2001:db9::7"]) {
    const denied = await get(client);
    expect(denied.status).toBe(403);
    expect(await denied.text()).toContain("Office only");
  }
});

test("S17: a changed rule takes effect, and its report says whether access is wider", async () => {
  const { get, node, publish } = await start(["10.0.0.0/8"]);
  await publish(["10.0.0.0/8", "192.168.0.0/16"], 2);
  expect((await get("192.168.1.1")).status).toBe(200);
  const report = await node.waitForReport(({ changes }) => changes.some(({ kind }) => kind === "changed"));
  expect(report.changes).toMatchObject([{ label: "GET /stock", level: "dangerous" }]);
});

test("S17: an invalid range refuses the fragment, and names its place", async () => {
  const { node } = await start(["10.0.0.0/33"]);
  const report = await node.waitForReport();
  expect(report.state).toBe("failed");
  const errors = report.findings.filter(({ severity }) => severity === "error");
  expect(errors).toMatchObject([{ jsonPath: "policy.call[0].ip[0]" }]);
});
