import type { Report } from "@tidegate/fragment";
import { ServiceBroker } from "moleculer";
import { afterEach, describe, expect, test, vi } from "vitest";
import { tidegate } from "../src/index.ts";

/** No log and no signal handlers. */
const testOptions = { logger: false, skipProcessEventRegistration: true };

afterEach(() => vi.unstubAllEnvs());

const report = (table: string, state: Report["state"] = "succeeded"): Partial<Report> => ({
  contract: 1,
  table,
  state,
});

describe("the mixin for services (S13.1)", () => {
  test("puts the fragment and the revision into the metadata, beside the service's own", async () => {
    const broker = new ServiceBroker(testOptions);
    const api = { branch: "master", protocol: { REST: { basePath: "/players", routes: [] } } };
    const service = broker.createService({
      name: "player",
      metadata: { team: "blue" },
      mixins: [tidegate({ api, revision: 42 })],
    });
    expect(service.metadata).toEqual({ team: "blue", api, revision: 42 });
    await broker.stop();
  });

  test("an object that occurs twice in a fragment or in params reaches other nodes twice", async () => {
    const broker = new ServiceBroker(testOptions);
    const call = { action: "player.get" };
    const id = { type: "number" };
    const ids = { type: "array", items: id };
    broker.createService({
      name: "player",
      mixins: [tidegate({ api: { protocol: { GraphQL: { one: { call }, two: { call } } } }, revision: 1 })],
      actions: {
        get: { params: { id, after: id }, handler: () => null },
        list: { params: { ids, not: ids }, handler: () => null },
      },
    });
    await broker.start();
    const { services } = broker.getLocalNodeInfo();
    await broker.stop();
    expect(services.find(({ name }) => name === "player")).toMatchObject({
      metadata: { api: { protocol: { GraphQL: { one: { call }, two: { call } } } } },
      actions: {
        "player.get": { params: { id, after: id } },
        "player.list": { params: { ids, not: ids } },
      },
    });
  });

  test("reads the revision from the environment, else from the start time of the process (S9.2)", () => {
    vi.stubEnv("TIDEGATE_REVISION", "17");
    expect(tidegate().metadata.revision).toBe(17);
    vi.stubEnv("TIDEGATE_REVISION", "");
    expect(tidegate().metadata.revision).toBe(Math.round(performance.timeOrigin));
  });

  test("writes reports to the service's own log without repetitions (S10.1)", async () => {
    const broker = new ServiceBroker(testOptions);
    const service = broker.createService({ name: "player", mixins: [tidegate()] });
    const lines: string[] = [];
    service.logger.info = (line: string) => lines.push(`info ${line}`);
    service.logger.error = (line: string) => lines.push(`error ${line}`);
    await broker.start();
    const send = async (gateway: string, params: Partial<Report>): Promise<unknown> =>
      broker.call("player.$report", { gateway, ...params });
    for (const gateway of ["one", "two", "three"]) await send(gateway, report("merged"));
    await send("one", report("broken", "failed"));
    // A late repetition of what two other gateways sent before.
    await send("two", report("merged"));
    await send("two", report("broken", "failed"));
    await send("one", {});
    for (const gateway of ["three", "one", "one", "two"]) await send(gateway, report("merged"));
    await broker.stop();
    expect(lines.filter((line) => /merged|broken/.test(line))).toEqual([
      "info merged",
      "error broken",
      "info merged",
    ]);
  });
});
