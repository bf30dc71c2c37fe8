import { readFileSync } from "node:fs";
import { defineMiddleware, TidegateError } from "@tidegate/core-registry";
import { afterAll, expect, test, vi } from "vitest";
import { middlewareChecks, runChecks, testMiddleware } from "../src/index.ts";
import { brokenMiddlewares, door, doorSuite } from "./broken-middlewares.ts";
import { brokenTable } from "./broken-table.ts";
import { accessLog, headers } from "./guide-middleware.ts";

const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
afterAll(() => log.mockRestore());

testMiddleware(doorSuite());

testMiddleware({ make: () => accessLog, requests: [{ request: { url: "/players" } }] });

testMiddleware({
  make: () => headers,
  requests: [{ request: {}, headers: { "x-content-type-options": "nosniff" } }],
});

/** Refuses all requests after the second, and takes a known ETag for unchanged. It has state. */
const twice = () => {
  let count = 0;
  return defineMiddleware({
    name: "twice",
    request: () => {
      if (++count > 2) throw new TidegateError("RATE_LIMITED", undefined, { retryAfter: 1 });
      return undefined;
    },
    reply: (reply, { request }) =>
      reply.status === 200 && request.header("if-none-match") === '"7"'
        ? { ...reply, status: 304, body: null }
        : reply,
    error: ({ code }) =>
      code === "NOT_FOUND" ? { status: 302, headers: [["location", "/"]], body: null } : undefined,
  });
};

testMiddleware({
  make: twice,
  requests: [
    { request: {} },
    { request: { headers: { "if-none-match": '"7"' } }, replaces: { 200: 304 } },
    { request: {}, fails: "RATE_LIMITED" },
  ],
  errors: [{ code: "NOT_FOUND", answers: 302 }],
});

test("a middleware without hooks passes, with the reasons of its skipped checks (S17)", async () => {
  const { contract, name } = door();
  const { errors: _, ...suite } = doorSuite();
  const results = await runChecks(middlewareChecks, {
    ...suite,
    make: () => ({ contract, name }),
    requests: [{ request: {} }],
  });
  expect(results.filter(({ state }) => state === "failed")).toEqual([]);
  expect(new Set(results.flatMap((result) => (result.state === "skipped" ? [result.reason] : [])))).toEqual(
    new Set([
      "the middleware has no request",
      "no example has `headers`",
      "the middleware has no request and no reply",
      "the middleware has no reply",
      "the middleware has no error",
      "the middleware has no start",
    ]),
  );
});

/** The text without spaces, line breaks and the commas before a closing bracket. */
const withoutLayout = (text: string): string => text.replaceAll(/\s+/g, "").replaceAll(",)", ")");

test("the middlewares of the guide are those of these tests (S18)", () => {
  const own = readFileSync(new URL("guide-middleware.ts", import.meta.url), "utf8");
  const guide = readFileSync(new URL("../../../docs/contexts-and-middleware.md", import.meta.url), "utf8");
  for (const name of ["access-log", "headers"]) {
    const [, block = ""] = new RegExp(`^\`\`\`ts ${name}\\.ts\n(.*?)^\`\`\``, "ms").exec(guide) ?? [];
    expect(block).toContain("defineMiddleware(");
    expect(withoutLayout(own)).toContain(withoutLayout(block.replaceAll(/^import .*\n/gm, "")));
  }
});

test("every broken middleware fails, with the sentence that it breaks (S17)", async () => {
  const table = await brokenTable("middlewares", middlewareChecks, brokenMiddlewares);
  await expect(table).toMatchFileSnapshot("broken-middlewares.md");
});
