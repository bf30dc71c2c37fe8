import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { testContext, testMiddleware, testPolicy, testProtocol } from "../src/index.ts";
import { session } from "./broken-contexts.ts";
import { door } from "./broken-middlewares.ts";
import { users } from "./broken-policies.ts";
import { rpc } from "./rpc-protocol.ts";

testPolicy({
  make: users,
  rules: [
    {
      rule: { users: ["ann"] },
      allows: [{ context: { user: "ann" } }],
      denies: [{ context: { user: "eve" } }, {}],
    },
  ],
  invalidRules: [{ users: "ann" }],
});

testContext({
  make: session,
  requests: [
    { request: { headers: { "x-session": "ann:s3cret" } }, expect: { user: "ann" }, view: { user: "ann" } },
    { request: { headers: { "x-session": "bad" } }, fails: "TOKEN_INVALID" },
  ],
  hidden: ["s3cret"],
});

testMiddleware({
  make: door,
  requests: [
    { request: { url: "/ping" }, answers: 200 },
    { request: { url: "/internal" }, fails: "FORBIDDEN" },
    { request: { headers: { "user-agent": "curl" } }, headers: { "x-agent": "curl" } },
  ],
  errors: [{ code: "NOT_FOUND", answers: 404 }],
});

testProtocol({
  make: rpc,
  parts: [
    {
      input: { methods: { player: "player.get" } },
      documented: { description: "Players.", methods: { player: "player.get" } },
      requests: [{ method: "POST", url: "/direct/player", json: { id: 7 }, status: 200, body: { id: 7 } }],
    },
  ],
  invalidParts: [{}, { methods: { player: 7 } }],
  actions: { "player.get": ({ params }) => ({ id: params.id }) },
});

test("the README's suites are those above (S17)", () => {
  const own = readFileSync(new URL(import.meta.url), "utf8");
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text = ""]) => text);
  const suites = blocks.filter((text) => /^test(Policy|Context|Middleware|Protocol)\(/m.test(text));
  expect(suites).toHaveLength(4);
  for (const suite of suites) expect(own).toContain(suite.replaceAll(/^import .*\n/gm, "").trim());
});
