import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { compose } from "../src/config/compose.ts";
import { loadConfig } from "../src/config/load.ts";
import { configSchema, readConfig } from "../src/config/tree.ts";
import { defineConfig, type GatewayConfig, type ProtocolConfig } from "../src/config/types.ts";

function messageOf(config: unknown): string {
  try {
    readConfig(config, "gateway.config.json");
  } catch (error) {
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    return String(Object(error).message);
  }
  throw new Error("it was accepted");
}

describe("S15: the configuration", () => {
  test("has a default for every option: Moleculer, HTTP on 127.0.0.1:8080", () => {
    const config = readConfig({});
    expect(config.brokers).toEqual([{ moleculer: {}, registry: {}, function: { util: {} } }]);
    expect(config.schema).toMatchObject({
      maxVersions: 10,
      maxUnusedSeconds: 1800,
      debounceSeconds: 2,
      lostSeconds: 15,
    });
    expect(config.server.protocol.http).toEqual({ host: "127.0.0.1", port: 8080 });
    expect(config.skipProcessEventRegistration).toBe(false);
    expect(readConfig({ schema: {}, server: { protocol: {} } })).toEqual(config);
  });

  test("an unknown option is an error that suggests a similar one", () => {
    expect(messageOf({ schema: { maxVersion: 3 } })).toBe(
      [
        "An option is invalid in gateway.config.json:",
        "  schema: Unknown option maxVersion. Did you mean maxVersions?",
      ].join("\n"),
    );
    expect(messageOf({ brokers: [{ moleculer: { namespce: "a" } }] })).toContain(
      "brokers[0].moleculer: Unknown option namespce. Did you mean namespace?",
    );
    expect(messageOf({ brokers: [{ moleculr: {} }] })).toContain("Did you mean moleculer?");
    expect(messageOf({ schema: { protocol: { Rest: {} } } })).toContain("Did you mean REST?");
  });

  test("all invalid values are listed with their paths", () => {
    const message = messageOf({
      schema: { maxVersions: "3" },
      server: { protocol: { http: { port: 70_000 } } },
    });
    expect(message).toContain("2 options are invalid in gateway.config.json:");
    expect(message).toContain("  schema.maxVersions: Invalid input: expected number, received string");
    expect(message).toContain("  server.protocol.http.port: Too big");
  });

  test("an option of a missing feature is refused, unless it is false", () => {
    expect(messageOf({ server: { middleware: { cors: {} } } })).toContain(
      "server.middleware.cors: is for CORS, which this version does not have. Leave it out.",
    );
    expect(messageOf({ brokers: [{ moleculer: {}, registry: { healthCheck: {} } }] })).toContain(
      "brokers[0].registry.healthCheck: is for health checks, which this version does not have.",
    );
    expect(() => readConfig({ server: { middleware: { cors: false } } })).not.toThrow();
  });

  test("S13: a broker entry must name its kind", () => {
    expect(messageOf({ brokers: [{}] })).toContain("brokers[0].moleculer: must be an object");
    expect(messageOf({ brokers: ["moleculer"] })).toContain(
      "brokers[0]: must be { moleculer: { ... } } or a broker plugin",
    );
  });

  test("access is open, local, or a scope", () => {
    const access = { status: false, branches: { scope: "dev" }, catalog: "open" };
    expect(readConfig({ server: { access } }).server.access).toEqual({
      ...access,
      versions: "local",
      diff: "local",
      check: "local",
    });
    expect(messageOf({ server: { access: { status: "everybody" } } })).toContain(
      'server.access.status: must be "open", "local", { scope: "NAME" } or false',
    );
    expect(messageOf({ server: { access: { status: { scop: "dev" } } } })).toContain("Did you mean scope?");
  });

  test("S9.5: the path selects a branch; so can a configured header, cookie or host", () => {
    const branchOf = (branch: object) => compose(readConfig({ server: { branch } })).server;
    expect(readConfig({}).server.branch).toEqual({ host: {} });
    expect(() =>
      branchOf({ header: "x-branch", cookie: "branch", host: { "a.example": "a" } }),
    ).not.toThrow();
    expect(() => branchOf({ header: "x branch" })).toThrow("'x branch' is not a valid header name.");
    expect(() => branchOf({ host: { "a.example:80": "a" } })).toThrow("Give the name without a port");
    expect(messageOf({ server: { branch: { heder: "x" } } })).toContain("Did you mean header?");
  });

  test("schema.breakingChanges: warn by default, one value for all branches or one per branch", () => {
    const guardOf = (schema: object) => compose(readConfig({ schema })).breakingChanges;
    expect(guardOf({})).toEqual({ "*": "warn" });
    expect(guardOf({ breakingChanges: "block" })).toEqual({ "*": "block" });
    const byBranch = { master: "block", "*": "off" };
    expect(guardOf({ breakingChanges: byBranch })).toEqual(byBranch);
    expect(guardOf({ guard: "block" }), "the old name").toEqual({ "*": "block" });
    expect(messageOf({ schema: { breakingChanges: "stop" } })).toContain(
      'schema.breakingChanges: must be "off", "warn", "block"',
    );
    expect(messageOf({ schema: { breakingChanges: { Master: "block" } } })).toContain(
      "schema.breakingChanges",
    );
  });

  test("S9.11: the admin socket is on unless it is false", () => {
    const adminOf = (config: object) => compose(readConfig(config)).admin;
    expect(adminOf({})).toEqual({});
    expect(adminOf({ admin: { socket: "/run/tidegate.sock" } })).toEqual({ socket: "/run/tidegate.sock" });
    expect(adminOf({ admin: false })).toBe(false);
    expect(messageOf({ admin: { path: "/run/x" } })).toContain("admin: Unknown option path.");
    expect(messageOf({ admin: true })).toContain('admin: must be { socket: "PATH" } or false');
  });

  test("defineConfig returns its argument", () => {
    const config: GatewayConfig = { schema: { policy: { filter: false } } };
    expect(defineConfig(config)).toBe(config);
  });
});

describe("the parts of a gateway", () => {
  test("all three protocols are on; false turns one off", () => {
    const keysOf = (protocol: ProtocolConfig) =>
      compose(readConfig({ schema: { protocol } })).protocols.map(({ name }) => name);
    expect(keysOf({})).toEqual(["REST", "GraphQL", "WebSocket"]);
    expect(keysOf({ REST: false })).toEqual(["GraphQL", "WebSocket"]);
    expect(keysOf({ GraphQL: false, WebSocket: false })).toEqual(["REST"]);
  });

  test("S5.6: the limits of GraphQL have the plugin's defaults", () => {
    expect(readConfig({}).schema.protocol.GraphQL).toMatchObject({ maxDepth: 15, introspection: true });
    expect(
      readConfig({ schema: { protocol: { GraphQL: { maxDepth: 3 } } } }).schema.protocol.GraphQL,
    ).toEqual({ ...Object(readConfig({}).schema.protocol.GraphQL), maxDepth: 3 });
    expect(messageOf({ schema: { protocol: { GraphQL: { maxDeph: 3 } } } })).toContain(
      "schema.protocol.GraphQL: Unknown option maxDeph. Did you mean maxDepth?",
    );
    expect(messageOf({ schema: { protocol: { GraphQL: true } } })).toContain("must be { ... } or false");
    expect(messageOf({ schema: { protocol: { WebSocket: { maxPayload: 1 } } } })).toContain("maxPayload");
  });

  test("S6: the options of sockets belong to the server", () => {
    const { server } = readConfig({ server: { update: { onRetire: "keep" } } });
    expect(server.update).toEqual({ onRetire: "keep", retireSeconds: 5 });
    expect(server.protocol.webSocket).toMatchObject({ origins: [], maxSockets: 10_000, onExpire: "close" });
    expect(messageOf({ server: { protocol: { webSocket: { origins: "all" } } } })).toContain(
      "server.protocol.webSocket.origins",
    );
  });

  test("S1.2: a policy that is false is passed on as disabled", () => {
    const options = compose(readConfig({ schema: { policy: { filter: false } } }));
    expect(options.policies.map(({ name }) => name)).toEqual(["scope"]);
    expect(options.disabledPolicies?.map(({ name }) => name)).toEqual(["filter"]);
  });

  test("S7.2: the order of policies is scope, filter, third parties", () => {
    const policy = { contract: 2, name: "ip", members: ["ip"], schema: {}, compile: () => undefined };
    const options = compose(readConfig({ schema: { policy: { ip: policy } } }));
    expect(options.policies.map(({ name }) => name)).toEqual(["scope", "filter", "ip"]);
  });

  test("S17: a plugin of a third party stands under its own name, and false switches it off", () => {
    const policy = { contract: 2, name: "ip", members: ["ip"], schema: {}, compile: () => undefined };
    const policiesOf = (section: object) =>
      compose(readConfig({ schema: { policy: section } })).policies.map(({ name }) => name);
    expect(policiesOf({ ip: policy })).toEqual(["scope", "filter", "ip"]);
    expect(policiesOf({ ip: false })).toEqual(["scope", "filter"]);
    expect(messageOf({ schema: { policy: { address: policy } } })).toContain(
      "The plugin `ip` must stand under its own name, not under `address`.",
    );
    expect(messageOf({ schema: { policy: { filtre: false } } })).toContain("Did you mean filter?");
  });

  test("S12.2: middleware of third parties stands beside the built-in options, and keeps its order", () => {
    const middleware = (name: string) => ({ contract: 2, name, request: () => undefined });
    const namesOf = (section: object) =>
      compose(readConfig({ server: { middleware: section } })).middleware?.map(({ name }) => name);
    expect(namesOf({})).toEqual([]);
    const two = { zebra: middleware("zebra"), error: { expose: true }, ape: middleware("ape") };
    expect(namesOf(two)).toEqual(["zebra", "ape"]);
    expect(namesOf({ ...two, zebra: false })).toEqual(["ape"]);
  });

  test("S17: what is no middleware is refused with its name, and so is a built-in option with a slip", () => {
    expect(messageOf({ server: { middleware: { accessLog: () => undefined } } })).toContain(
      "server.middleware: Unknown option accessLog. Known options: bodyParser, error",
    );
    expect(messageOf({ server: { middleware: { accessLog: {} } } })).toContain(
      "A plugin of a third party must be a middleware.",
    );
    expect(messageOf({ server: { middleware: { loging: {} } } })).toContain("Did you mean logging?");
    expect(messageOf({ server: { middleware: { loging: false } } })).toContain("Did you mean logging?");
    expect(messageOf({ server: { middleware: { cors: { contract: 2, name: "cors" } } } })).toContain(
      "server.middleware.cors: is for CORS, which this version does not have.",
    );
  });

  test("a broker plugin of a third party is used unchanged", () => {
    const { broker } = memoryBroker();
    expect(compose(readConfig({ brokers: [broker] })).brokers).toEqual([broker]);
  });

  test("S11.1: function.util of all brokers is merged; a name that is defined twice is an error", () => {
    const offer = (util: object) => ({ moleculer: {}, function: { util } });
    expect(compose(readConfig({ brokers: [offer({ a: 1 }), offer({ b: 2 })] })).brokers).toHaveLength(2);
    expect(() => compose(readConfig({ brokers: [offer({ a: 1 }), offer({ a: 2 })] }))).toThrow("util.a");
  });

  test("S9.10: registry.examples of the first broker that has them; different ones are an error", () => {
    const kept = (examples?: object) => ({ moleculer: {}, registry: { examples } });
    const examplesOf = (...brokers: object[]) => compose(readConfig({ brokers })).examples;
    expect(examplesOf({ moleculer: {} })).toEqual({});
    expect(examplesOf({ moleculer: {} }, kept(), kept({ limitPerActions: 3 }))).toEqual({
      processIntervalSeconds: 5,
      queueLimit: 50,
      limitPerActions: 3,
      limitPerEvents: 10,
      streamNotation: "*STREAM*",
      omittedNotation: "*OMITTED*",
      omittedLimit: 100,
      redactedNotation: "*REDACTED*",
      redactedParamNameRegExps: [],
    });
    const names = () => kept({ redactedParamNameRegExps: [/^pin$/i] });
    expect(examplesOf(names(), names())?.redactedParamNameRegExps).toEqual([/^pin$/i]);
    expect(() => examplesOf(names(), kept({ redactedParamNameRegExps: [/^pin$/] }))).toThrow(
      "Two brokers have different options registry.examples. Make them equal, or keep one.",
    );
    expect(() => examplesOf(kept({}), kept({ queueLimit: 0 }))).toThrow("registry.examples");
    expect(messageOf({ brokers: [kept({ limitPerAction: 3 })] })).toContain("Did you mean limitPerActions?");
    expect(messageOf({ brokers: [kept({ redactedParamNameRegExps: ["pin"] })] })).toContain(
      "brokers[0].registry.examples.redactedParamNameRegExps[0]: must be a regular expression",
    );
  });

  test("a logger object is used unchanged", () => {
    const logger = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
    expect(compose(readConfig({ logger })).logger).toBe(logger);
    expect(messageOf({ logger: { info: () => 0 } })).toContain("logger");
  });
});

describe("the configuration file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidegate-config-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("no file: the defaults apply", async () => {
    expect(await loadConfig(undefined, folder)).toEqual({ path: undefined, value: {} });
  });

  test("TypeScript takes precedence over JSON; its default export is the configuration", async () => {
    await writeFile(join(folder, "gateway.config.json"), "{}");
    await writeFile(
      join(folder, "gateway.config.ts"),
      "export default { schema: { maxVersions: 3 as number } };",
    );
    expect(await loadConfig(undefined, folder)).toEqual({
      path: join(folder, "gateway.config.ts"),
      value: { schema: { maxVersions: 3 } },
    });
  });

  test("a file that is missing, has no default export, or throws is an error with the reason", async () => {
    await expect(loadConfig("nope.ts", folder)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await writeFile(join(folder, "a.mjs"), "export const config = {};");
    await expect(loadConfig("a.mjs", folder)).rejects.toThrow("has no default export");
    await writeFile(join(folder, "b.mjs"), "throw new Error('no secret');");
    await expect(loadConfig("b.mjs", folder)).rejects.toThrow("b.mjs cannot be loaded: no secret");
  });

  test("invalid JSON is an error with its place", async () => {
    await writeFile(join(folder, "gateway.config.json"), '{\n  "schema": {},\n}');
    await expect(loadConfig(undefined, folder)).rejects.toThrow(/is not valid JSON.*> 3 \| \}/s);
  });
});

test("the configuration can be described as a JSON Schema, for editors", () => {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  expect(Object.keys(schema.properties ?? {})).toEqual([
    "brokers",
    "schema",
    "server",
    "admin",
    "logger",
    "skipProcessEventRegistration",
  ]);
});
