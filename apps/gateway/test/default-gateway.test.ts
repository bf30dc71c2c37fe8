import { type Finding, type Logger, type Report, silentLogger } from "@tidegate/core-registry";
import { type MemoryBroker, memoryBroker, recorder } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { afterEach, describe, expect, test } from "vitest";
import { createDefaultGateway, type Gateway, type GatewayOptions } from "../src/index.ts";

const started: Gateway[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((gateway) => gateway.stop()));
});

function partsOf(bus: MemoryBroker, parts: Partial<GatewayOptions> = {}): GatewayOptions {
  return {
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [scope(), filter()],
    server: h3Server({ port: 0 }),
    logger: silentLogger,
    ...parts,
  };
}

async function startOf(options: GatewayOptions): Promise<{ gateway: Gateway; url: string }> {
  const gateway = createDefaultGateway(options);
  started.push(gateway);
  const [listening] = await gateway.start();
  return { gateway, url: String(listening?.url) };
}

function publishPlayer(bus: MemoryBroker, fragment: object = playerFragment): void {
  bus.node("n1").publish({
    name: "player",
    revision: 1,
    fragment,
    actions: {
      get: {
        params: { type: "object", properties: { id: { type: "number" } }, required: ["id"] },
        handler: ({ params }) => ({ id: Object(params).id, name: "Kim" }),
      },
    },
  });
}

const playerFragment = {
  protocol: {
    REST: {
      basePath: "/players",
      routes: [{ method: "GET", path: "/:id", call: { action: "player.get" } }],
    },
  },
};

async function get(url: string): Promise<[status: number, body: Record<string, unknown>]> {
  const response = await fetch(url);
  return [response.status, Object(await response.json())];
}

describe("createDefaultGateway", () => {
  test("serves the fragments of services over HTTP", async () => {
    const bus = memoryBroker();
    publishPlayer(bus);
    const { gateway, url } = await startOf(partsOf(bus));
    expect(gateway.listening.map((one) => one.url)).toEqual([url]);
    expect(await get(`${url}/players/1`)).toEqual([200, { id: 1, name: "Kim" }]);
    expect(await get(`${url}/players/x`)).toMatchObject([400, { code: "BAD_USER_INPUT" }]);
  });

  test("S12.1: opens the listener before the brokers have finished their discovery", async () => {
    const discovery = Promise.withResolvers<void>();
    const bus = memoryBroker({ discovery: discovery.promise });
    const listens = recorder<string>("listening");
    const logger: Logger = { ...silentLogger, info: (message) => listens.push(message) };
    const gateway = createDefaultGateway(partsOf(bus, { logger }));
    started.push(gateway);
    const ready = gateway.start();
    await listens.waitFor((line) => line.startsWith("listening on http://127.0.0.1:"));
    const [listening] = gateway.listening;
    expect(await get(`${listening?.url}/~health/readiness`)).toMatchObject([503, { state: "starting" }]);
    expect(await get(`${listening?.url}/players/1`)).toMatchObject([503, { code: "STARTING" }]);
    discovery.resolve();
    await ready;
    expect(await get(`${listening?.url}/~health/readiness`)).toMatchObject([200, { state: "running" }]);
  });

  test("stop closes all listeners, and can be called twice", async () => {
    const { gateway, url } = await startOf(partsOf(memoryBroker()));
    await Promise.all([gateway.stop(), gateway.stop()]);
    expect(gateway.listening).toEqual([]);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  test("a stop during the start ends the start", async () => {
    const never = Promise.withResolvers<void>();
    const bus = memoryBroker({ discovery: never.promise });
    const gateway = createDefaultGateway(partsOf(bus));
    const ready = gateway.start();
    await gateway.stop();
    never.resolve();
    expect(await ready).toEqual([]);
    expect(gateway.listening).toEqual([]);
  });

  test("a used port is an error, and leaves nothing running", async () => {
    const { gateway } = await startOf(partsOf(memoryBroker()));
    const port = gateway.listening[0]?.port ?? 0;
    const second = createDefaultGateway(partsOf(memoryBroker(), { server: h3Server({ port }) }));
    await expect(second.start()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await second.stop();
  });

  test("S17: refuses a plugin that violates its contract before anything runs", () => {
    const bus = memoryBroker();
    const publsih = () => undefined;
    const broker = { ...bus.broker, publsih };
    expect(() => createDefaultGateway(partsOf(bus, { brokers: [broker] }))).toThrow(
      "an unknown member 'publsih' (did you mean 'publish'?)",
    );
    const server = { ...h3Server(), contexts: [Object({ contract: 1, name: "tenant" })] };
    expect(() => createDefaultGateway(partsOf(bus, { server }))).toThrow(
      "'tenant' implements contract 1; this gateway supports contract 2",
    );
  });
});

describe("the gateway's own pages", () => {
  test("/~status, /~catalog and dry runs answer local clients", async () => {
    const bus = memoryBroker();
    publishPlayer(bus);
    const { url } = await startOf(partsOf(bus));
    const [status, body] = await get(`${url}/~status`);
    expect([status, body.branch, body.gateway]).toEqual([200, "master", { state: "running", reasons: [] }]);
    expect([body.pins, body.contested]).toEqual([[], []]);
    expect(body.gateways).toMatchObject([
      { versions: { master: expect.stringContaining(String(body.latestVersion)) } },
    ]);
    expect(Object(body.versions)[0]).toMatchObject({
      routes: expect.arrayContaining(["/players/:id (http:GET): service player"]),
    });
    expect(await get(`${url}/~master/~status`)).toMatchObject([200, { branch: "master" }]);
    expect(await get(`${url}/~catalog/openapi.json`)).toMatchObject([
      200,
      { paths: { "/players/{id}": { get: { parameters: [{ name: "id", schema: { type: "number" } }] } } } },
    ]);
    expect(await get(`${url}/~catalog/fragment.json`)).toMatchObject([200, { type: "object" }]);
  });

  test("/~diff compares two versions, as JSON or text; 404 names the unknown version", async () => {
    const bus = memoryBroker();
    const { gateway, url } = await startOf(partsOf(bus));
    const empty = gateway.registry.branches()[0]?.latestVersion;
    publishPlayer(bus);
    await gateway.registry.settled();
    const range = `master@${empty}..latest`;
    const [status, difference] = await get(`${url}/~diff/${range}`);
    expect(status).toBe(200);
    expect(difference).toMatchObject({
      before: { branch: "master", tag: empty },
      level: "safe",
      changes: [{ kind: "added", label: "GET /players/:id", service: "player" }],
    });
    for (const path of [`/~diff/${range}?format=text`, `/~master/~diff/${range}?format=text`]) {
      const text = await fetch(url + path);
      expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(await text.text()).toContain("GET /players/:id");
    }
    expect(await get(`${url}/~diff/master@latest..nope@latest`)).toMatchObject([
      404,
      { code: "BRANCH_UNKNOWN", detail: expect.stringContaining("nope") },
    ]);
    expect(await get(`${url}/~diff/master@0123abcd..latest`)).toMatchObject([
      404,
      { code: "VERSION_UNKNOWN", detail: expect.stringContaining("0123abcd") },
    ]);
    expect(await get(`${url}/~diff`)).toMatchObject([400, { code: "BAD_REQUEST" }]);
  });

  test("S9.11: requests through a proxy get 404", async () => {
    const { url } = await startOf(partsOf(memoryBroker()));
    for (const path of ["/~status", "/~diff/master@latest..latest", "/~catalog/openapi.json"]) {
      const response = await fetch(`${url}${path}`, { headers: { via: "1.1 proxy" } });
      expect(response.status).toBe(404);
    }
  });

  test("false removes a page", async () => {
    const { url } = await startOf(partsOf(memoryBroker(), { pages: { status: false, catalog: "open" } }));
    expect(await get(`${url}/~status`)).toMatchObject([404, { code: "NOT_FOUND" }]);
    const response = await fetch(`${url}/~catalog/openapi.json`, { headers: { via: "1.1 proxy" } });
    expect(response.status).toBe(200);
  });

  test("a dry run reports the changes and serves nothing", async () => {
    const bus = memoryBroker();
    publishPlayer(bus);
    const { url } = await startOf(partsOf(bus));
    const ask = async (service: string, fragment: unknown): Promise<Report> => {
      const response = await fetch(`${url}/~api/check`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ service, fragment }),
      });
      expect(response.status).toBe(200);
      return Object(await response.json());
    };
    const routes = [{ method: "GET", path: "/", map: "() => 1" }];
    const fine = await ask("team", { protocol: { REST: { basePath: "/teams", routes } } });
    expect(fine.changes).toMatchObject([{ kind: "added", label: "GET /teams" }]);
    const taken = await ask("team", { protocol: { REST: { ...playerFragment.protocol.REST } } });
    expect([taken.state, taken.findings.map(({ severity }: Finding) => severity)]).toEqual([
      "failed",
      ["error"],
    ]);
    expect(await get(`${url}/teams`)).toMatchObject([404, { code: "NOT_FOUND" }]);
  });
});

describe("the log of a gateway", () => {
  test("contains new versions with their changes, and refused fragments with their findings", async () => {
    const bus = memoryBroker();
    const lines = recorder<string>("log");
    const logger: Logger = {
      debug: () => undefined,
      info: (message) => lines.push(message),
      warn: (message) => lines.push(message),
      error: (message) => lines.push(message),
    };
    await startOf(partsOf(bus, { logger }));
    publishPlayer(bus);
    const mounted = await lines.waitFor((line) => line.includes("GET /players/:id"));
    expect(mounted).toMatch(
      /^master [0-9a-f]{8} \(1 service\)\n {2}\+ GET \/players\/:id {2}player {2}public$/,
    );
    bus.node("n1").publish({ name: "team", fragment: { protocol: { REST: { routes: [{}] } } } });
    const refusal = await lines.waitFor((line) => line.startsWith("team: "));
    expect(refusal).toContain("team: fragment refused on master\n  error  protocol.REST.");
  });
});
