import { catalog } from "@tidegate/catalog";
import { defineContext, defineMiddleware, defineProtocol, type Sandbox } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const noFunctions: Sandbox = {
  contract: 2,
  check: () => ({ ok: true, problems: [], reads: "all", sync: true, volatile: false }),
  compile: () => {
    throw new TypeError("No function is compiled in this test.");
  },
  start: async () => undefined,
  stop: async () => undefined,
};

const extension = defineProtocol({
  name: "Extension",
  schema: z.object({}),
  compile: () => ({}),
  contexts: [
    defineContext({ name: "tenant", create: ({ request }) => request.header("x-tenant") ?? "none" }),
  ],
  middleware: [
    defineMiddleware({
      name: "stamp",
      reply: (reply) => ({ ...reply, headers: [...reply.headers, ["x-stamp", "extension"]] }),
    }),
  ],
  documents: () => ({ "extension.md": "# Extension" }),
});

test("S17: a protocol contributes a context value, middleware and a document", async () => {
  const bus = memoryBroker();
  const gateway = createGateway({
    brokers: [bus.broker],
    protocols: [rest(), extension],
    policies: [],
    sandbox: noFunctions,
    server: h3Server({ port: 0 }),
    pages: [(registry) => catalog({ registry, access: "open" })],
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  onTestFinished(() => gateway.stop());
  const routes = [
    { method: "GET", path: "/who", call: { action: "who.am", params: { tenant: "@context.tenant" } } },
  ];
  bus.node("n1").publish({
    name: "who",
    fragment: { protocol: { REST: { basePath: "/", routes } } },
    actions: { am: (call) => call.params },
  });
  const [listening] = await gateway.start();
  await gateway.registry.settled();

  const reply = await fetch(`${listening?.url}/who`, { headers: { "x-tenant": "acme" } });
  expect(await reply.json()).toEqual({ tenant: "acme" });
  expect(reply.headers.get("x-stamp")).toBe("extension");
  const missing = await fetch(`${listening?.url}/nothing`);
  expect([missing.status, missing.headers.get("x-stamp")]).toEqual([404, "extension"]);

  const document = await fetch(`${listening?.url}/~catalog/extension.md`);
  expect(document.headers.get("content-type")).toBe("text/markdown; charset=utf-8");
  expect(await document.text()).toBe("# Extension");
  const list = await fetch(`${listening?.url}/~catalog`);
  expect(await list.json()).toEqual({
    documents: ["asyncapi.json", "extension.md", "fragment.json", "openapi.json"],
  });
});
