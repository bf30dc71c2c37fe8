import { callScope } from "@tidegate/plugin-testkit";
import { ServiceBroker as Broker014, type Context, MOLECULER_VERSION } from "moleculer-014";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBus } from "./support/bus.ts";
import { freePorts, tcpOptions } from "./support/system.ts";

describe("services of Moleculer 0.14, with `disableVersionCheck` on both sides (S13.1)", () => {
  test("are discovered with their fragment and called, and exchange events with the gateway", async () => {
    expect(MOLECULER_VERSION).toMatch(/^0\.14\./);
    const [gatewayPort = 0, oldPort = 0] = await freePorts(2);
    const ports = new Map([
      ["gateway", gatewayPort],
      ["old", oldPort],
    ]);
    const options = (id: string) => ({ ...tcpOptions(id, ports), transit: { disableVersionCheck: true } });
    const api = {
      protocol: {
        REST: { basePath: "/players", routes: [{ method: "GET", path: "/:id", call: "player.get" }] },
      },
    };
    const received: unknown[] = [];
    const urls = [...ports].map(([id, port]) => `tcp://127.0.0.1:${port}/${id}`).join(",");
    const old = new Broker014({
      nodeID: "old",
      transporter: { type: "TCP", options: { udpDiscovery: false, urls, useHostname: false } },
      logger: false,
      skipProcessEventRegistration: true,
      transit: { disableVersionCheck: true },
    });
    onTestFinished(() => old.stop());
    old.createService({
      name: "player",
      version: 1,
      metadata: { api, revision: 7 },
      actions: {
        get: {
          params: { id: "number" },
          handler: ({ params, meta }: Context<{ id: number }>) => ({ id: params.id, meta }),
        },
      },
      events: {
        "gateway.published": { context: true, handler: ({ params }: Context) => void received.push(params) },
      },
    });
    await old.start();
    const { broker, log, services } = await createBus(options).gateway();
    await log.waitFor((line) => line === "up v1.player@old");
    expect(services.get("v1.player@old")).toMatchObject({
      fragment: api,
      revision: 7,
      actions: [{ name: "v1.player.get", params: { required: ["id"] } }],
      events: ["gateway.published"],
    });
    const call = (params: object) => broker.call(callScope(), { action: "v1.player.get", params });
    expect(await call({ id: 7 })).toEqual({
      id: 7,
      meta: { branch: "master", deadline: expect.any(Number), traceparent: expect.any(String) },
    });
    await expect(call({ id: "x" })).rejects.toMatchObject({ code: "SERVICE_ERROR", status: 422 });
    await old.waitForServices("$tidegate", 15_000, 50);
    await old.emit("player.created", { id: 1 });
    await log.waitFor((line) => line === "event player.created");
    await broker.publish?.(callScope(), { event: "gateway.published", params: { word: 1 }, broadcast: true });
    await expect.poll(() => received).toEqual([{ word: 1 }]);
  });
});
