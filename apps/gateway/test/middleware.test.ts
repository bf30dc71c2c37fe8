import { defineMiddleware, type Logger, type Middleware, silentLogger } from "@tidegate/core-registry";
import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { h3Server } from "@tidegate/server-h3";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDefaultGateway, type Gateway, type GatewayOptions } from "../src/index.ts";

function gatewayWith(middleware: readonly Middleware[], parts: Partial<GatewayOptions> = {}): Gateway {
  const gateway = createDefaultGateway({
    brokers: [memoryBroker().broker],
    protocols: [],
    policies: [],
    server: h3Server({ port: 0 }),
    logger: silentLogger,
    middleware,
    ...parts,
  });
  onTestFinished(() => gateway.stop());
  return gateway;
}

/** A logger that keeps the lines of errors. */
function errorLog(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, logger: { ...silentLogger, error: (line) => lines.push(line) } };
}

/** A middleware that records its start and its end. */
function tracer(name: string, log: string[], definition: Partial<Middleware> = {}): Middleware {
  return defineMiddleware({
    name,
    start: async () => void log.push(`start ${name}`),
    dispose: async () => void log.push(`dispose ${name}`),
    ...definition,
  });
}

describe("S17: start and dispose of middleware", () => {
  test("they start in order before the gateway listens, and end in reverse after it", async () => {
    const log: string[] = [];
    const probe = async (url: string | undefined) =>
      fetch(url ?? "http://127.0.0.1:0").then(
        () => "open",
        () => "closed",
      );
    let url: string | undefined;
    const last = tracer("b", log, {
      start: () => void log.push(`start b ${gateway.listening.length}`),
      dispose: async () => void log.push(`dispose b ${await probe(url)}`),
    });
    const gateway = gatewayWith([tracer("a", log), last]);
    await gateway.start();
    url = gateway.listening[0]?.url;
    expect(await probe(url)).toBe("open");
    await gateway.stop();
    expect(log).toEqual(["start a", "start b 0", "dispose b closed", "dispose a"]);
  });

  test("a start that fails ends the gateway's start, and disposes those that had started", async () => {
    const log: string[] = [];
    const broken = tracer("broken", log, { start: () => Promise.reject(new Error("no database")) });
    const gateway = gatewayWith([tracer("a", log), broken, tracer("c", log)]);
    await expect(gateway.start()).rejects.toMatchObject({
      code: "PLUGIN_FAILED",
      message: "The middleware plugin 'broken' failed in 'start': no database",
    });
    expect(gateway.listening).toEqual([]);
    await gateway.stop();
    expect(log).toEqual(["start a", "dispose a"]);
  });

  test("a start that never settles fails after 10 s", async () => {
    const clock = manualClock();
    const called = Promise.withResolvers<void>();
    const hanging = defineMiddleware({
      name: "hanging",
      start() {
        called.resolve();
        return new Promise(() => undefined);
      },
    });
    const gateway = gatewayWith([hanging], { clock });
    const started = gateway.start();
    await called.promise;
    clock.advance(10_000);
    await expect(started).rejects.toThrow(
      "The middleware plugin 'hanging' failed in 'start': it did not finish within 10 seconds.",
    );
  });

  test("a dispose that fails is logged, and the others are disposed", async () => {
    const log: string[] = [];
    const { logger, lines } = errorLog();
    const broken = tracer("broken", log, {
      dispose() {
        throw new Error("already closed");
      },
    });
    const gateway = gatewayWith([tracer("a", log), broken], { logger });
    await gateway.start();
    await gateway.stop();
    expect(lines).toEqual(["The middleware plugin 'broken' failed in 'dispose': already closed"]);
    expect(log).toEqual(["start a", "start broken", "dispose a"]);
  });

  test("a dispose that never settles does not stop the stop", async () => {
    const clock = manualClock();
    const called = Promise.withResolvers<void>();
    const { logger, lines } = errorLog();
    const hanging = defineMiddleware({
      name: "hanging",
      dispose() {
        called.resolve();
        return new Promise(() => undefined);
      },
    });
    const gateway = gatewayWith([hanging], { clock, logger });
    await gateway.start();
    const stopped = gateway.stop();
    await called.promise;
    clock.advance(10_000);
    await stopped;
    expect(lines).toEqual([
      "The middleware plugin 'hanging' failed in 'dispose': it did not finish within 10 seconds.",
    ]);
  });
});

describe("S17: a middleware that does not fit the contract is refused with its name", () => {
  const refused = (middleware: unknown) => () => gatewayWith([middleware as Middleware]);

  test.each([
    ["no object", undefined, "A middleware plugin must be an object"],
    ["another contract", { contract: 1, name: "old" }, "The middleware plugin 'old' implements contract 1"],
    ["no name", { contract: 2 }, "lacks the member 'name'"],
    ["an empty name", { contract: 2, name: " " }, "name"],
    ["an unknown member", { contract: 2, name: "x", repl: () => 0 }, "did you mean 'reply'?"],
    ["a hook that is no function", { contract: 2, name: "x", error: true }, "'error' of type boolean"],
  ])("%s", (_what, middleware, message) => {
    expect(refused(middleware)).toThrow(message);
  });

  test("two of one name", () => {
    const twin = () => defineMiddleware({ name: "twin" });
    expect(() => gatewayWith([twin(), twin()])).toThrow("'twin'");
  });
});
