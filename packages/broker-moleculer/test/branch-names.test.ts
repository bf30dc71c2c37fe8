import { callScope } from "@tidegate/plugin-testkit";
import { tidegate } from "@tidegate/service-moleculer";
import { type Context, ServiceBroker, type ServiceSchema } from "moleculer";
import { afterEach, describe, expect, test, vi } from "vitest";
import { describeService } from "../src/discovery/describe-service.ts";
import { createBus } from "./support/bus.ts";
import { testOptions } from "./support/system.ts";

afterEach(() => vi.unstubAllEnvs());

const where = (context: Context): string | undefined => context.service?.fullName;
const player = (branch: string | undefined, rest: Partial<ServiceSchema> = {}): ServiceSchema => ({
  name: "player",
  mixins: [tidegate({ api: { ...(branch !== undefined && { branch }), protocol: {} } })],
  actions: { get: where },
  ...rest,
});

/** Creates a service, and returns its name, metadata, events and actions. */
async function create(schema: ServiceSchema) {
  const broker = new ServiceBroker(testOptions);
  const { fullName, metadata, events, actions } = broker.createService(schema);
  await broker.stop();
  return { fullName, metadata, events: Object.keys(events ?? {}), actions: Object.keys(actions) };
}

describe("services of another branch than master have a name of their own (S13.1)", () => {
  test.for([
    [player(undefined), "player"],
    [player("master"), "player"],
    [player("preview"), "player~preview"],
    [player("preview", { version: 2 }), "v2.player~preview"],
    [player("preview", { version: "stable" }), "stable.player~preview"],
    [player("preview", { version: 2, settings: { $noVersionPrefix: true } }), "player~preview"],
    [player("no branch.*"), "player~no_branch__"],
  ] as const)("%#: %s", async ([schema, name]) => {
    expect((await create(schema)).fullName).toBe(name);
  });

  test("the fragment names the branch, else the option or the environment adds it", async () => {
    vi.stubEnv("TIDEGATE_BRANCH", "laptop");
    const named = (options: Parameters<typeof tidegate>[0]) =>
      create({ name: "player", mixins: [tidegate(options)] });
    expect(await named({ api: { branch: "preview" }, branch: "dev" })).toMatchObject({
      fullName: "player~preview",
      metadata: { api: { branch: "preview" } },
    });
    expect(await named({ api: { protocol: {} }, branch: "dev" })).toMatchObject({
      fullName: "player~dev",
      metadata: { api: { protocol: {}, branch: "dev" } },
    });
    expect(await named({})).toMatchObject({
      fullName: "player~laptop",
      metadata: { api: { branch: "laptop" } },
    });
    expect((await named({ api: { branch: "master" } })).fullName).toBe("player");
    vi.stubEnv("TIDEGATE_BRANCH", "");
    expect(await named({})).toMatchObject({ fullName: "player", metadata: { revision: expect.any(Number) } });
  });

  test("it receives no events by default, and with `events: true` in groups of its own", async () => {
    const events = { "a.*": () => undefined, b: { group: "mail", handler: () => undefined } };
    const schemaOf = (options: Parameters<typeof tidegate>[0], name = "player"): ServiceSchema => ({
      name,
      mixins: [tidegate(options)],
      events,
    });
    expect((await create(schemaOf({ branch: "preview" }))).events).toEqual([]);
    expect((await create(schemaOf({}))).events).toEqual(["a.*", "b"]);
    const broker = new ServiceBroker(testOptions);
    const service = broker.createService(schemaOf({ branch: "preview", events: true }));
    await broker.start();
    const groups = broker.registry.getEventList({ onlyLocal: true }).map(({ name, group }) => [name, group]);
    await broker.stop();
    expect(Object.keys(service.events ?? {})).toEqual(["a.*", "b"]);
    expect(groups).toContainEqual(["a.*", "player~preview"]);
    expect(groups).toContainEqual(["b", "mail~preview"]);
  });

  test("the gateway identifies it by its name without the branch, on a node id with the branch", async () => {
    const bus = createBus();
    await bus.node("n1", [
      player("preview", { version: 2 }),
      { ...player("preview"), name: "bare", settings: { $noServiceNamePrefix: true } },
    ]);
    const { services, broker } = await bus.gateway();
    const scope = callScope({ branch: "preview" });
    expect([...services.keys()].sort()).toEqual(["bare@n1~preview", "v2.player@n1~preview"]);
    const described = services.get("v2.player@n1~preview");
    expect(described).toMatchObject({ name: "v2.player", fragment: { branch: "preview" } });
    expect(described).not.toHaveProperty("exposed");
    expect(described).not.toHaveProperty("metadata");
    expect(described?.actions.map(({ name }) => name).sort()).toEqual(["v2.player.$report", "v2.player.get"]);
    expect(
      services
        .get("bare@n1~preview")
        ?.actions.map(({ name }) => name)
        .sort(),
    ).toEqual(["$report", "get"]);
    expect(await broker.call(scope, { action: "v2.player.get", params: {} })).toBe("v2.player~preview");
    expect(await broker.call(scope, { action: "get", params: {} })).toBe("bare~preview");
  });

  test("two branches of a service on one node are independent: calls, reports and removal", async () => {
    const bus = createBus();
    const reports: string[] = [];
    const reporting = (branch: string): ServiceSchema =>
      player(branch, {
        actions: {
          get: where,
          $report: () => void reports.push(branch),
        },
      });
    const node = await bus.node("n1", [reporting("master"), reporting("preview"), reporting("dev")]);
    const { services, broker, log } = await bus.gateway();
    expect([...services.keys()].sort()).toEqual(["player@n1", "player@n1~dev", "player@n1~preview"]);
    const call = (branch: string, nodes?: readonly string[]) =>
      broker.call(callScope({ branch }), { action: "player.get", params: {}, ...(nodes && { nodes }) });
    expect(await call("preview", ["n1~preview"])).toBe("player~preview");
    expect(await call("preview")).toBe("player~preview");
    expect(await call("dev")).toBe("player~dev");
    expect(await call("other")).toBe("player");
    expect(await call("master", ["n1"])).toBe("player");
    await broker.report?.("player", "n1~preview", { table: "t" } as Parameters<
      NonNullable<typeof broker.report>
    >[2]);
    expect(reports).toEqual(["preview"]);
    await node.destroyService("player~preview");
    await log.waitFor((line) => line === "down player@n1~preview left");
    expect([...services.keys()].sort()).toEqual(["player@n1", "player@n1~dev"]);
    expect(await call("preview")).toBe("player");
  });

  test("a node of another branch is not called, even if the request names it (S9.7)", async () => {
    const bus = createBus();
    await bus.node("n1", [player("preview")]);
    const { broker } = await bus.gateway();
    for (const branch of ["master", "dev"])
      for (const nodes of [["n1~preview"], undefined])
        await expect(
          broker.call(callScope({ branch }), { action: "player.get", params: {}, ...(nodes && { nodes }) }),
        ).rejects.toMatchObject({ code: "ACTION_UNAVAILABLE", details: { dispatched: false } });
  });

  test("a branch without the mixin is exposed; `~` in a name alone is no branch", () => {
    const raw = (name: string, metadata: object) =>
      describeService({ name, metadata, actions: {}, events: {} });
    expect(raw("player", { api: { branch: "preview" } })?.service).toMatchObject({ exposed: true });
    expect(raw("player", { api: { branch: "master" } })?.service).not.toHaveProperty("exposed");
    expect(raw("player", { api: {} })?.service).not.toHaveProperty("exposed");
    expect(raw("player", {})?.service).not.toHaveProperty("exposed");
    const mismatch = { tidegate: { service: "player", branch: "preview" }, api: { branch: "preview" } };
    expect(raw("team", mismatch)).toMatchObject({
      branch: undefined,
      service: { name: "team", exposed: true },
    });
    expect(raw("player~preview", {})?.service).toMatchObject({ name: "player~preview" });
    for (const tidegate of [7, null, "x", { service: 7, branch: {} }, { service: "", branch: "" }])
      expect(raw("player", { tidegate })?.service.name).toBe("player");
  });
});
