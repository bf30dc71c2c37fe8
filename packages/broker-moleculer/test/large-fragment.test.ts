import { hash } from "node:crypto";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { tidegate } from "../src/index.ts";
import { busOf, type OptionsOf } from "./support/bus.ts";
import { freePorts, quiet, tcpOptions } from "./support/system.ts";

/** A fragment of so many bytes of JSON, and more. */
const apiOf = (bytes: number, mark = "x") => ({
  branch: "preview",
  protocol: { REST: { basePath: "/é", routes: [], note: mark.repeat(bytes) } },
});

const withApi = (api: object, name = "player"): ServiceSchema => ({
  name,
  mixins: [tidegate({ api, revision: 1 })],
  actions: { get: () => 1 },
});

/** A service that counts who fetches its fragment. */
function counted(api: object, fetched: (from: unknown) => void, name = "player"): ServiceSchema {
  const inner = new ServiceBroker(quiet);
  const { schema } = inner.createService(withApi(api, name));
  const { $api } = schema.actions ?? {};
  if (typeof $api !== "object" || $api.handler === undefined) throw new Error("It has no $api.");
  const { handler } = $api;
  return {
    name: schema.name,
    metadata: schema.metadata,
    actions: {
      ...schema.actions,
      $api(context) {
        fetched(context.params.from);
        return handler.call(this, context);
      },
    },
  };
}

describe("a fragment over 64 KB travels as a hash, and is fetched (S13.1)", () => {
  test("a small one stays in the metadata", async () => {
    const broker = new ServiceBroker(quiet);
    onTestFinished(() => broker.stop());
    const small = broker.createService(withApi(apiOf(60_000)));
    expect(small.metadata).toMatchObject({ api: { branch: "preview" } });
    expect(Object.keys(small.actions)).not.toContain("$api");
    const large = broker.createService(withApi(apiOf(66_000), "team"));
    const text = JSON.stringify(apiOf(66_000));
    expect(large.metadata).toEqual({
      revision: 1,
      tidegate: {
        service: "team",
        branch: "preview",
        api: { hash: hash("sha256", text), bytes: Buffer.byteLength(text) },
      },
    });
  });

  test("3 MB arrive whole over TCP, whose packets end at 1 MB, and start() waits for them", async () => {
    const ports = await freePorts(2);
    const options: OptionsOf = (id) =>
      tcpOptions(
        id,
        new Map([
          ["gateway", ports[0] ?? 0],
          ["n1", ports[1] ?? 0],
        ]),
      );
    const bus = busOf(options);
    const api = apiOf(3_000_000);
    await bus.node("n1", [withApi(api)]);
    const { services } = await bus.gateway();
    expect(services.get("player@n1~preview")).toEqual({
      name: "player",
      revision: 1,
      fragment: api,
      actions: expect.anything(),
      events: [],
    });
  });

  test("it is fetched once for all nodes that have it, and once more where it changes", async () => {
    const bus = busOf();
    const fetched: unknown[] = [];
    const note = (from: unknown): void => void fetched.push(from);
    await bus.node("n1", [counted(apiOf(70_000), note)]);
    const n2 = await bus.node("n2", [counted(apiOf(70_000), note)]);
    const { services, told } = await bus.gateway();
    await told.waitFor((line) => line === "up player@n1~preview");
    await told.waitFor((line) => line === "up player@n2~preview");
    expect(fetched).toEqual([0]);
    await n2.destroyService("player~preview");
    await told.waitFor((line) => line.startsWith("down player@n2~preview"));
    told.clear();
    n2.createService(counted(apiOf(70_000, "y"), note));
    await told.waitFor((line) => line === "up player@n2~preview");
    expect(services.get("player@n2~preview")?.fragment).toEqual(apiOf(70_000, "y"));
    expect(services.get("player@n1~preview")?.fragment).toEqual(apiOf(70_000));
    expect(fetched).toEqual([0, 0]);
  });

  test("one that has another hash is refused with a line in the log, and not asked for again", async () => {
    const bus = busOf();
    const fetched: unknown[] = [];
    const honest = counted(apiOf(70_000), () => undefined);
    const liar: ServiceSchema = {
      ...honest,
      actions: {
        ...honest.actions,
        $api: () => {
          fetched.push(1);
          return { data: Buffer.alloc(200_000, "{").toString("base64") };
        },
      },
    };
    const warned: string[] = [];
    const { told, inner } = await bus.gateway();
    inner().logger.warn = (line: string) => void warned.push(line);
    const n1 = await bus.node("n1", [liar, { name: "team" }]);
    await told.waitFor((line) => line === "up team@n1");
    await expect.poll(() => warned).toEqual([expect.stringContaining("player~preview.$api of node n1")]);
    n1.createService({ name: "other" });
    await told.waitFor((line) => line === "up other@n1");
    await bus.node("n2", [honest]);
    await told.waitFor((line) => line === "up player@n2~preview");
    expect(fetched).toEqual([1]);
    expect(told.items).toContain("up player@n1~preview");
  });

  test("one whose node fails at first is asked for again, and what it promises too much is not fetched", async () => {
    const bus = busOf();
    let attempts = 0;
    const slow = counted(apiOf(70_000), () => {
      attempts += 1;
      if (attempts === 1) throw new Error("not yet");
    });
    const huge: ServiceSchema = {
      name: "huge",
      metadata: { tidegate: { api: { hash: "0".repeat(64), bytes: 1e9 } } },
      actions: {
        $api: () => {
          throw new Error("It was asked for.");
        },
      },
    };
    const { told, inner, services } = await bus.gateway();
    const warned: string[] = [];
    inner().logger.warn = (line: string) => void warned.push(line);
    await bus.node("n1", [slow, huge]);
    await told.waitFor((line) => line === "up player@n1~preview");
    expect(attempts).toBe(2);
    expect([...services.keys()]).toEqual(["player@n1~preview"]);
    expect(warned.filter((line) => line.includes("huge.$api"))).toEqual([
      expect.stringContaining("rejected"),
    ]);
  });
});
