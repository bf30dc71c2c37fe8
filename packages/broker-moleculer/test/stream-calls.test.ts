import { PassThrough, type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Context } from "moleculer";
import { describe, expect, test } from "vitest";
import {
  digestOf,
  endlessStream,
  endOf,
  flowControl,
  sourceOf,
  startPair,
  streamOf,
} from "./support/stream-nodes.ts";
import { tcp } from "./support/transports.ts";

const mebibyte = 1_024 * 1_024;

describe("the stream of a call or an answer (S8)", () => {
  test("a call that fails or times out ends its source", async (context) => {
    const { caller } = await startPair(context, tcp, [
      {
        name: "file",
        actions: {
          refuse: () => Promise.reject(new Error("not today")),
          wait: ({ stream }: Context) => {
            (stream as Readable).resume();
            return new Promise(() => undefined);
          },
        },
      },
    ]);
    const refused = endlessStream();
    await expect(caller.call("file.refuse", {}, { stream: refused })).rejects.toThrow("not today");
    expect(await endOf(refused)).toBeInstanceOf(Error);
    const late = endlessStream();
    await expect(caller.call("file.wait", {}, { stream: late, timeout: 50 })).rejects.toThrow("timed out");
    expect(await endOf(late)).toBeInstanceOf(Error);
  });

  test("an answer ends the source of a stream that the action has not started to read", async (context) => {
    const read = Promise.withResolvers<Buffer>();
    const { caller } = await startPair(context, tcp, [
      {
        name: "file",
        actions: {
          ignore: () => "no, thank you",
          later: ({ stream }: Context) => {
            buffer(stream as Readable).then(read.resolve, read.reject);
            return "accepted";
          },
        },
      },
    ]);
    const ignored = endlessStream();
    expect(await caller.call("file.ignore", {}, { stream: ignored })).toBe("no, thank you");
    expect(await endOf(ignored)).toMatchObject({ type: "REQUEST_CANCELLED" });
    const { stream } = sourceOf(3 * mebibyte);
    expect(await caller.call("file.later", {}, { stream })).toBe("accepted");
    expect(await read.promise).toHaveLength(3 * mebibyte);
  });

  test("a stream that answers a call after its timeout is ended", async (context) => {
    const gone = Promise.withResolvers<void>();
    const source = endlessStream();
    const { caller } = await startPair(context, tcp, [
      { name: "file", actions: { get: () => gone.promise.then(() => source) } },
    ]);
    await expect(caller.call("file.get", {}, { timeout: 50 })).rejects.toThrow("timed out");
    gone.resolve();
    expect(await endOf(source)).toMatchObject({ type: "REQUEST_CANCELLED" });
  });

  test("a chunk that is lost between the nodes ends both sides with an error", async (context) => {
    let packets = 0;
    const losing = {
      // Moleculer's types declare the result of a hook in place of the hook.
      transporterSend:
        (next: (...given: unknown[]) => Promise<void>) =>
        (topic: string, ...given: unknown[]) =>
          topic === "RES" && ++packets === 4 ? Promise.resolve() : next(topic, ...given),
    } as object;
    const source = sourceOf(100 * mebibyte);
    const { caller } = await startPair(
      context,
      tcp,
      [{ name: "file", actions: { get: () => source.stream } }],
      {
        callee: { middlewares: [...flowControl(), losing] },
      },
    );
    const answer = await streamOf(caller.call("file.get"));
    const end = endOf(answer.resume());
    expect((await end)?.message).toMatch("was lost between the nodes");
    expect(await endOf(source.stream)).toBeInstanceOf(Error);
  }, 20_000);
});

describe("a node without flow control (S13.1)", () => {
  test.for(["caller", "callee"])(
    "as the %s: streams are Moleculer's own, both ways",
    async (without, context) => {
      const source = sourceOf(3 * mebibyte);
      const { caller } = await startPair(
        context,
        tcp,
        [
          {
            name: "file",
            actions: { through: ({ stream }: Context) => (stream as Readable).pipe(new PassThrough()) },
          },
        ],
        { [without]: { middlewares: [] } },
      );
      const answer = await streamOf(caller.call("file.through", {}, { stream: source.stream }));
      expect(await digestOf(answer)).toBe(source.digest());
    },
  );
});
