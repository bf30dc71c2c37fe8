import { hash } from "node:crypto";
import { recorder } from "@tidegate/plugin-testkit";
import { tidegate } from "@tidegate/service-moleculer";
import { type Service, ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBus, type OptionsOf } from "./support/bus.ts";
import { freePorts, tcpOptions, testOptions } from "./support/system.ts";

/** A fragment of slightly more than the given number of bytes of JSON. */
const apiOf = (bytes: number, filler = "x") => ({
  branch: "preview",
  protocol: { REST: { basePath: "/é", routes: [], note: filler.repeat(bytes) } },
});

const withApi = (api: object, name = "player"): ServiceSchema => ({
  name,
  mixins: [tidegate({ api, revision: 1 })],
  actions: { get: () => 1 },
});

/** A service that reports each fetch of its fragment. */
function counted(api: object, fetched: (from: unknown) => void, name = "player"): ServiceSchema {
  const moleculerBroker = new ServiceBroker(testOptions);
  const { schema } = moleculerBroker.createService(withApi(api, name));
  const { $api } = schema.actions ?? {};
  if (typeof $api !== "object" || $api.handler === undefined)
    throw new Error("The service has no action $api.");
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

describe("a fragment over 64 KB is replaced by its hash in the metadata, and fetched (S13.1)", () => {
  test("a smaller fragment stays in the metadata", async () => {
    const broker = new ServiceBroker(testOptions);
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

  test("start() waits until 3 MB have arrived over TCP, which limits packets to 1 MB", async () => {
    const ports = await freePorts(2);
    const options: OptionsOf = (id) =>
      tcpOptions(
        id,
        new Map([
          ["gateway", ports[0] ?? 0],
          ["n1", ports[1] ?? 0],
        ]),
      );
    const bus = createBus(options);
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

  test("it is fetched once for all nodes with the same content, and again when it changes", async () => {
    const bus = createBus();
    const fetched: unknown[] = [];
    const countFetch = (from: unknown): void => void fetched.push(from);
    await bus.node("n1", [counted(apiOf(70_000), countFetch)]);
    const n2 = await bus.node("n2", [counted(apiOf(70_000), countFetch)]);
    const { services, log } = await bus.gateway();
    await log.waitFor((line) => line === "up player@n1~preview");
    await log.waitFor((line) => line === "up player@n2~preview");
    expect(fetched).toEqual([0]);
    await n2.destroyService("player~preview");
    await log.waitFor((line) => line.startsWith("down player@n2~preview"));
    log.clear();
    n2.createService(counted(apiOf(70_000, "y"), countFetch));
    await log.waitFor((line) => line === "up player@n2~preview");
    expect(services.get("player@n2~preview")?.fragment).toEqual(apiOf(70_000, "y"));
    expect(services.get("player@n1~preview")?.fragment).toEqual(apiOf(70_000));
    expect(fetched).toEqual([0, 0]);
  });

  test("a fragment with another hash is rejected and logged, and not fetched again", async () => {
    const bus = createBus();
    const fetched: unknown[] = [];
    const correct = counted(apiOf(70_000), () => undefined);
    const faulty: ServiceSchema = {
      ...correct,
      actions: {
        ...correct.actions,
        $api: () => {
          fetched.push(1);
          return { data: Buffer.alloc(200_000, "{").toString("base64") };
        },
      },
    };
    const warned: string[] = [];
    const { log, moleculerBroker } = await bus.gateway();
    moleculerBroker().logger.warn = (line: string) => void warned.push(line);
    const n1 = await bus.node("n1", [faulty, { name: "team" }]);
    await log.waitFor((line) => line === "up team@n1");
    await expect.poll(() => warned).toEqual([expect.stringContaining("player~preview.$api of node n1")]);
    n1.createService({ name: "other" });
    await log.waitFor((line) => line === "up other@n1");
    await bus.node("n2", [correct]);
    await log.waitFor((line) => line === "up player@n2~preview");
    expect(fetched).toEqual([1]);
    expect(log.items).toContain("up player@n1~preview");
  });

  test("a failed fetch is retried, and a fragment over the size limit is not fetched", async () => {
    const bus = createBus();
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
          throw new Error("The fragment was fetched.");
        },
      },
    };
    const { log, moleculerBroker, services } = await bus.gateway();
    const warned: string[] = [];
    moleculerBroker().logger.warn = (line: string) => void warned.push(line);
    await bus.node("n1", [slow, huge]);
    await log.waitFor((line) => line === "up player@n1~preview");
    expect(attempts).toBe(2);
    expect([...services.keys()]).toEqual(["player@n1~preview"]);
    expect(warned.filter((line) => line.includes("huge.$api"))).toEqual([
      expect.stringContaining("rejected"),
    ]);
  });
});

describe("S13.1 a fragment that is too large is refused with a report or a line of the log", () => {
  test("of more than 16 MB with the mixin: the service gets a report, and logs it itself", async () => {
    const bus = createBus();
    const reports: unknown[] = [];
    const arrived = Promise.withResolvers<void>();
    const errors: string[] = [];
    const withLog: Partial<ServiceSchema> = {
      created(this: Service) {
        this.logger.error = (line: string) => void errors.push(line);
      },
    };
    const base = tidegate({ api: apiOf(16 * 1_024 * 1_024), revision: 1 });
    const schema: ServiceSchema = {
      name: "player",
      mixins: [base, withLog],
      actions: {
        $report: (context) => {
          reports.push(context.params);
          arrived.resolve();
        },
      },
    };
    const { log } = await bus.gateway();
    await bus.node("n1", [schema]);
    await arrived.promise;
    expect(reports[0]).toMatchObject({
      state: "failed",
      findings: [
        { code: "FRAGMENT_TOO_LARGE", message: expect.stringMatching(/^The fragment has 16777\d+ bytes/) },
      ],
    });
    expect(errors).toEqual([expect.stringContaining("gateways fetch at most 16777216")]);
    expect(log.items.filter((line) => line.startsWith("up player"))).toEqual([]);
  });

  test("of a node whose description exceeds the packet size of TCP: the gateway logs the node", async () => {
    const { gateway, warned, startPlain } = await tcpBus({ maxPacketSize: 1_000_000 });
    await startPlain(1_200_000);
    const line = await warned.waitFor((text) => text.includes("maxPacketSize"));
    expect(line).toMatch(/^Node n1 sends a packet that exceeds maxPacketSize, .* use the mixin tidegate\(\)/);
    expect(gateway.log.items.filter((item) => item.startsWith("up player"))).toEqual([]);
  });

  test("a description of more than Moleculer's packet size arrives: the gateway accepts 16 MiB", async () => {
    const { gateway, startPlain } = await tcpBus({});
    await startPlain(1_200_000);
    await gateway.log.waitFor((item) => item.startsWith("up player"));
  });
});

/** A gateway on TCP, and a node without the mixin that has a fragment of the given size. */
async function tcpBus(transporterOptions: { readonly maxPacketSize?: number }) {
  const ports = await freePorts(2);
  const optionsOf: OptionsOf = (id) => {
    const options = tcpOptions(
      id,
      new Map([
        ["gateway", ports[0] ?? 0],
        ["n1", ports[1] ?? 0],
      ]),
    );
    const { transporter } = options;
    if (transporter !== null && typeof transporter === "object" && "options" in transporter)
      Object.assign(transporter.options ?? {}, transporterOptions);
    return options;
  };
  const gateway = await createBus(optionsOf).gateway();
  const warned = recorder<string>("warning of the gateway");
  gateway.moleculerBroker().logger.warn = (line: string) => warned.push(line);
  const startPlain = async (bytes: number): Promise<void> => {
    const plain = new ServiceBroker(optionsOf("n1"));
    onTestFinished(() => plain.stop());
    plain.createService({ name: "player", metadata: { api: apiOf(bytes) } });
    await plain.start();
  };
  return { gateway, warned, startPlain };
}
