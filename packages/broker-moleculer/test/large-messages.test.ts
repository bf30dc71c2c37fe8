import { hash } from "node:crypto";
import { callScope } from "@tidegate/plugin-testkit";
import { describe, expect, type TestContext, test } from "vitest";
import { refreshPeers } from "../src/patches/early-discovery.ts";
import { createBus } from "./support/bus.ts";
import { startServiceProcess } from "./support/service-process.ts";
import { patientOptions, type Transport, transports } from "./support/transports.ts";

const mebibyte = 1_024 * 1_024;

/** A gateway, and a node in a process of its own. */
async function start(context: TestContext, transport: Transport, hasPreset: boolean) {
  const network = await transport.open(context, ["gateway", "service"]);
  const optionsOf = patientOptions(network);
  const service = await startServiceProcess(optionsOf("service"), hasPreset);
  const { broker, log, moleculerBroker } = await createBus(optionsOf).gateway();
  refreshPeers(moleculerBroker());
  await log.waitFor((line) => line === "up size@service", 60_000);
  const call = (action: string, params: unknown = {}) =>
    broker.call(callScope(), { action: `size.${action}`, params, timeout: 60_000 });
  return { service, call, broker, log };
}

/** Starts 20 calls that wait on the node, and returns a function that ends them and awaits their answers. */
function holdCalls(call: (action: string) => Promise<unknown>): () => Promise<readonly unknown[]> {
  const held = Promise.all(Array.from({ length: 20 }, () => call("hold")));
  held.catch(() => undefined);
  return async () => {
    await call("release");
    return held;
  };
}

/** Compares large values in no time: a matcher would block this process until it loses its peers. */
const hashOf = (value: string | Buffer): string => hash("sha256", value);

const textOf = (length: number) => ({ text: "x".repeat(length) });
const released = Array.from({ length: 20 }, () => "released");
const tooLarge = (status: number) => ({ code: "MESSAGE_TOO_LARGE", status });

describe.each(transports)("large messages on $name (S13.1)", (transport) => {
  test("with the preset travel both ways up to 16 MiB, and no other call fails", {
    timeout: 180_000,
  }, async (context) => {
    const { service, call, log } = await start(context, transport, true);
    const release = holdCalls(call);

    expect(await call("length", textOf(1_048_500))).toEqual({ length: 1_048_500 });
    expect(await call("length", { text: "\u0001".repeat(180_000) })).toEqual({ length: 180_000 });
    expect(await call("length", textOf(5 * mebibyte))).toEqual({ length: 5 * mebibyte });
    const answer = await call("repeat", { length: 5 * mebibyte });
    expect(hashOf(Object(answer).text)).toBe(hashOf(textOf(5 * mebibyte).text));
    const bytes = await call("bytes", { length: 5 * mebibyte });
    expect(hashOf(bytes as Buffer)).toBe(hashOf(Buffer.alloc(5 * mebibyte, 7)));
    await expect(call("length", textOf(20 * mebibyte))).rejects.toMatchObject({
      ...tooLarge(413),
      details: { dispatched: false },
    });
    await expect(call("repeat", { length: 20 * mebibyte })).rejects.toMatchObject(tooLarge(500));

    expect(await release()).toEqual(released);
    expect(service.exitCode()).toBeNull();
    expect(log.items.filter((line) => line.startsWith("down"))).toEqual([]);
  });

  test("without the preset: what the gateway cannot send answers 413, and no other call fails", {
    timeout: 180_000,
  }, async (context) => {
    const { service, call, log } = await start(context, transport, false);
    const release = holdCalls(call);

    expect(await call("length", textOf(900_000))).toEqual({ length: 900_000 });
    await expect(call("length", textOf(20 * mebibyte))).rejects.toMatchObject(tooLarge(413));
    if (transport.name === "Redis")
      expect(await call("length", textOf(5 * mebibyte))).toEqual({ length: 5 * mebibyte });
    else
      for (const params of [{ text: "\u0001".repeat(180_000) }, textOf(1_048_500), textOf(5 * mebibyte)])
        await expect(call("length", params)).rejects.toMatchObject(tooLarge(413));

    expect(await release()).toEqual(released);
    expect(service.exitCode()).toBeNull();
    expect(log.items.filter((line) => line.startsWith("down"))).toEqual([]);
  });

  test("of events: one of 5 MiB arrives with the preset, one of 20 MiB is refused", {
    timeout: 180_000,
  }, async (context) => {
    const { service, broker } = await start(context, transport, true);
    const publish = (length: number) =>
      broker.publish?.(callScope(), { event: "size.event", params: textOf(length), broadcast: true });
    await expect(publish(20 * mebibyte)).rejects.toMatchObject(tooLarge(413));
    await publish(5 * mebibyte);
    await service.lines.waitFor((line) => line === `event ${5 * mebibyte}`, 60_000);
  });
});

describe.each(transports)("errors and answers that cannot be sent on $name (S13.1)", (transport) => {
  test("never end the process of a service with the preset", { timeout: 180_000 }, async (context) => {
    const { service, call } = await start(context, transport, true);
    const release = holdCalls(call);
    const fails = (action: string) => expect(call(action)).rejects;

    await expect(call("number", { n: "x".repeat(1_047_500) })).rejects.toMatchObject({ status: 422 });
    await expect(call("number", { n: "x".repeat(5 * mebibyte) })).rejects.toMatchObject({ status: 422 });
    await fails("failCircular").toMatchObject({
      status: 422,
      details: { serviceCode: "CUSTOM", data: { list: [{ kept: "yes" }], kept: 1 } },
    });
    await fails("failBigInt").toMatchObject({ status: 422, details: { data: { kept: 1 } } });
    await fails("failLarge").toMatchObject({ status: 422, details: { data: { kept: 1 } } });
    await fails("failLargeMessage").toMatchObject({ status: 422, message: "x".repeat(16_384) });
    await fails("failGetter").toMatchObject({ status: 422, details: { data: { kept: 1 } } });
    await fails("failText").toMatchObject({ status: 500 });
    await fails("badMeta").toMatchObject({ code: "REPLY_INVALID", status: 500 });

    expect(await release()).toEqual(released);
    expect(service.exitCode()).toBeNull();
  });
});
