import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import type { BrokerSink, CallScope } from "@tidegate/core-registry";
import { callScope } from "@tidegate/plugin-testkit";
import { preset } from "@tidegate/service-moleculer";
import { defaultWindow } from "@tidegate/service-moleculer/wire";
import { type Context, ServiceBroker } from "moleculer";
import { expect, onTestFinished, type TestContext, test } from "vitest";
import { moleculer } from "../src/index.ts";
import { chunkSize, endlessStream, endOf, readSlowly, sourceOf, streamOf } from "./support/stream-nodes.ts";
import { gatewayId } from "./support/system.ts";
import { tcp } from "./support/transports.ts";

const mebibyte = 1_024 * 1_024;
const sink: BrokerSink = { serviceUp: () => undefined, serviceDown: () => undefined, event: () => undefined };

/** A gateway, and a node with the preset and one service. */
async function startGateway(context: TestContext, actions: Record<string, (context: Context) => unknown>) {
  const network = await tcp.open(context, [gatewayId, "n1"]);
  const node = new ServiceBroker(preset(network.optionsOf("n1")));
  node.createService({ name: "file", actions });
  await node.start();
  const broker = moleculer(network.optionsOf(gatewayId));
  onTestFinished(async () => {
    await broker.stop();
    await node.stop();
  });
  await broker.start(sink);
  const call = (action: string, params: unknown = {}, scope: CallScope = callScope()) =>
    broker.call(scope, { action, params });
  return { call, node };
}

/** A scope that the test can end. */
function endingScope(): { readonly scope: CallScope; readonly end: () => void } {
  const listeners = new Set<(reason: unknown) => void>();
  const scope = callScope({
    onEnd: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  return {
    scope,
    end: () => {
      for (const listener of listeners) listener(new Error("The client went away."));
    },
  };
}

test("a download is at most a window ahead of its slow reader (S8, S13.1)", async (context) => {
  const source = sourceOf(64 * mebibyte);
  const { call } = await startGateway(context, { get: () => source.stream, now: () => "now" });
  const answer = await streamOf(call("file.get"));
  const seen = await readSlowly(answer, 64 * mebibyte, source, () => call("file.now"), defaultWindow.bytes);
  expect(seen).toMatchObject({ read: 64 * mebibyte, stops: 4, digest: source.digest() });
  expect(seen.farthest).toBeLessThanOrEqual(defaultWindow.bytes + 2 * chunkSize);
}, 60_000);

test("a client that goes away, even before the answer, ends the source (S8)", async (context) => {
  const sources = [endlessStream(), endlessStream()] as const;
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const { call } = await startGateway(context, {
    get: () => sources[0],
    late: async () => {
      asked.resolve();
      await go.promise;
      return sources[1];
    },
  });
  const answer = await streamOf(call("file.get"));
  await once(answer, "readable");
  answer.destroy();
  expect(await endOf(sources[0])).toBeInstanceOf(Error);

  const { scope, end } = endingScope();
  const late = call("file.late", {}, scope).catch((error: unknown) => error);
  await asked.promise;
  end();
  expect(await late).toMatchObject({ code: "CANCELLED" });
  go.resolve();
  expect(await endOf(sources[1])).toBeInstanceOf(Error);
});

test("an upload ends when its client goes away, or its action stops reading (S8)", async (context) => {
  const dispatched = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const { call } = await startGateway(context, {
    put: async ({ stream }) => {
      const end = endOf((stream as Readable).once("data", () => dispatched.resolve()));
      ended.resolve(await end);
    },
    stop: ({ stream }) => {
      (stream as Readable).destroy();
      return "enough";
    },
  });
  const { scope, end } = endingScope();
  const upload = new PassThrough();
  upload.write("a");
  const answer = call("file.put", upload, scope).catch((error: unknown) => error);
  await dispatched.promise;
  end();
  expect(await answer).toMatchObject({ code: "CANCELLED" });
  expect(await ended.promise).toBeInstanceOf(Error);

  const more = endlessStream();
  expect(await call("file.stop", more)).toBe("enough");
  expect(await endOf(more)).toBeInstanceOf(Error);
});

test("a download whose node is lost ends with an error of ours (S8, S12.5)", async (context) => {
  const { call, node } = await startGateway(context, { get: () => endlessStream() });
  const answer = await streamOf(call("file.get"));
  await once(answer, "readable");
  node.registry.discoverer.stopHeartbeatTimers();
  await node.transit?.tx.disconnect();
  expect(await endOf(answer.resume())).toMatchObject({
    name: "TidegateError",
    code: "ACTION_UNAVAILABLE",
    details: { dispatched: true },
  });
});
