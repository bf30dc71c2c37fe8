import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { silentLogger } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { tenant } from "../src/index.ts";

/** Starts a gateway whose one route passes the tenant to an action, which returns its params. */
async function start() {
  const bus = memoryBroker();
  const gateway = createGateway({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [],
    contexts: [tenant({ domain: "example.com" })],
    sandbox: sandbox(),
    server: h3Server({ port: 0 }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  const [listening] = await gateway.start();
  bus.node("n1").publish({
    name: "shop",
    actions: { open: ({ params }) => params },
    fragment: {
      protocol: {
        REST: {
          basePath: "/shop",
          routes: [{ method: "GET", path: "/", call: "shop.open", params: { tenant: "@context.tenant" } }],
        },
      },
    },
  });
  await gateway.registry.settled();
  // Not with fetch: it does not let a program choose the host.
  const get = async (host: string): Promise<unknown> => {
    const sent = request(`${listening?.url}/shop`, { headers: { host } }).end();
    const [response] = await once(sent, "response");
    return JSON.parse(await text(response));
  };
  return { get };
}

test.each([
  ["acme.example.com", { tenant: "acme" }],
  ["Acme.Example.COM:8080", { tenant: "acme" }],
  ["acme.example.com.", { tenant: "acme" }],
  ["example.com", {}],
  ["a.b.example.com", {}],
  ["acme.example.com.evil.org", {}],
  ["acmeexample.com", {}],
  ["-.example.com", {}],
])("S12.3: the action of a request to %s receives %j", async (host, params) => {
  const { get } = await start();
  expect(await get(host)).toEqual(params);
});

test("S12.3: functions, mappings and reports see the name only", () => {
  const { view } = tenant({ domain: "example.com" });
  expect(view?.({ name: "acme", host: "acme.example.com:8080" })).toBe("acme");
  expect(view?.(undefined)).toBeUndefined();
});
