import type { FileValue, JsonSchema } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { bench, bytes, json } from "./kit.ts";

const declared: Record<string, JsonSchema> = {
  "player.get": {
    properties: { id: { type: "number" }, limit: { type: "number" }, name: { type: "string" } },
  },
};
const get = { call: { action: "player.get" } };
const post = { method: "POST", ...get };

describe("S3.1 the sources of REST", () => {
  test("@path, @query and @body", async () => {
    const { answerOf, calls } = bench();
    const params = { p: "@path.id", q: "@query.q", b: "@body.list.1" };
    await answerOf(
      { method: "POST", call: { action: "player.get", params, implicitParams: false } },
      {
        params: { id: "1" },
        query: { q: ["a", "b"] },
        body: json({ list: [1, 2] }),
      },
      declared,
    );
    expect(calls[0]?.params).toEqual({ p: "1", q: ["a", "b"], b: 2 });
  });

  test("S3.3 declared params are filled in", async () => {
    const { answerOf, calls } = bench();
    await answerOf(get, { params: { id: "1" }, query: { limit: "5", more: "x" } }, declared);
    await answerOf(
      post,
      { params: { id: "2" }, query: { limit: "5" }, body: json({ name: "Son", more: 1 }) },
      declared,
    );
    expect(calls.map(({ params }) => params)).toEqual([
      { id: 1, limit: 5 },
      { id: 2, name: "Son" },
    ]);
  });

  test("the query is parsed only where a connector reads it", async () => {
    const { answerOf, reads } = bench();
    const call = { action: "player.get", params: { id: "@path.id", limit: 1, name: "x" } };
    await answerOf({ call }, { params: { id: "1" } }, declared);
    expect(reads).toEqual([]);
    await answerOf(get, { params: { id: "1" } }, declared);
    expect(reads).not.toEqual([]);
  });

  test("S3.2 a cast that fails is 400", async () => {
    const { answerOf } = bench();
    await expect(answerOf(get, { params: { id: "one" } }, declared)).rejects.toMatchObject({
      status: 400,
      code: "BAD_USER_INPUT",
    });
  });
});

describe("S4.3 bodies", () => {
  const whole = { method: "POST", call: { action: "player.get", params: "@body" } };

  test.each([
    ["application/json", { json: async () => ({ a: 1 }) }, { a: 1 }],
    ["application/merge-patch+json", { json: async () => [1] }, [1]],
    ["application/x-www-form-urlencoded", { form: async () => ({ a: "1" }) }, { a: "1" }],
    ["text/plain", { text: async () => "hi" }, "hi"],
  ])("%s", async (type, body, wanted) => {
    const { answerOf, calls } = bench();
    await answerOf(whole, { body: { type, ...body } }, declared);
    expect(calls[0]?.params).toEqual(wanted);
  });

  test("any other type is a file that streams", async () => {
    const { answerOf, calls } = bench();
    await answerOf(whole, { body: bytes("image/png", "PNG") }, declared);
    const file = calls[0]?.params as FileValue;
    expect(file.mimetype).toBe("image/png");
    expect(await file.createReadStream().toArray()).toEqual(["PNG"]);
  });

  test("multipart is not supported yet: 415", async () => {
    const { answerOf } = bench();
    await expect(answerOf(whole, { body: { type: "multipart/form-data" } }, declared)).rejects.toMatchObject({
      status: 415,
    });
  });

  test("a missing body leads to empty params", async () => {
    const { answerOf, calls } = bench();
    await answerOf(whole, {}, declared);
    expect(calls[0]?.params).toEqual({});
  });

  test("a body is read only where a connector reads it", async () => {
    const { answerOf, calls } = bench();
    await answerOf(
      { method: "POST", call: { action: "player.get", implicitParams: false } },
      { body: { type: "application/json" } },
      declared,
    );
    expect(calls).toHaveLength(1);
  });
});

describe("S4.4 connectors", () => {
  test("publish replies with the payload; directives in it are ignored", async () => {
    const { answerOf, sent } = bench();
    const payload = {
      $status: 302,
      $headers: { location: "//evil", "content-type": "text/html" },
      $body: "<script>",
    };
    const reply = await answerOf(
      { method: "POST", publish: { event: "a.b", params: "@body" } },
      { body: json(payload) },
    );
    expect(reply).toEqual({
      status: 200,
      headers: [["content-type", "application/json; charset=utf-8"]],
      body: JSON.stringify(payload),
    });
    expect(sent).toHaveLength(1);
  });

  test("the map of publish can use directives", async () => {
    const { answerOf, sandbox } = bench();
    const map = sandbox.text(() => ({ $status: 202 }));
    expect(await answerOf({ method: "POST", publish: { event: "a.b", map } })).toMatchObject({
      status: 202,
      body: null,
    });
  });

  test("map replies without a call", async () => {
    const { answerOf, sandbox } = bench();
    const map = sandbox.text(({ path }: { path: { id: string } }) => ({ id: path.id }), {
      reads: [["path", "id"]],
    });
    expect(await answerOf({ map }, { params: { id: "7" } })).toMatchObject({
      status: 200,
      body: '{"id":"7"}',
    });
  });

  test("ignoreError replies with 204 for synchronous and asynchronous errors", async () => {
    const { answerOf } = bench(() => {
      throw new Error("no");
    });
    await expect(answerOf(get, { params: { id: "1" } }, declared)).rejects.toThrow("no");
    const empty = { status: 204, headers: [], body: null };
    expect(await answerOf({ ...get, ignoreError: true }, { params: { id: "1" } }, declared)).toEqual(empty);
    expect(await answerOf({ ...get, ignoreError: true }, { params: { id: "x" } }, declared)).toEqual(empty);
    expect(await answerOf({ ...get, ignoreError: true }, {}, {})).toEqual(empty);
  });

  test("S2.4 a call of an unavailable action replies with 503", async () => {
    const { answerOf, findings } = bench();
    await expect(answerOf(get)).rejects.toMatchObject({ status: 503 });
    expect(findings).toEqual([]);
  });
});
