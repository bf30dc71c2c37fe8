import { describe, expect, test } from "vitest";
import { type H3ServerOptions, h3Server } from "../src/index.ts";
import { json, problem, raw, route, served, start } from "./fixture.ts";
import { dial, received, refusal, socketRoute } from "./socket-fixture.ts";

const branch = { header: "X-Branch", cookie: "branch", host: { "preview.example.com": "preview" } };

/** Four branches, each of which says its name, and what it was asked with. */
function gateway(options: H3ServerOptions = {}) {
  const routes = (name: string) => [
    route("GET", "/v", (request, scope) =>
      json({ name, branch: scope.branch, base: request.base, url: request.url, path: request.path }),
    ),
    route("GET", "/vary", () => ({ status: 200, headers: [["vary", "accept"]], body: name })),
    route("GET", "/any", () => ({ status: 200, headers: [["vary", "*"]], body: name })),
    socketRoute("/ws", async (socket) => socket.send(name)),
  ];
  return start(
    [],
    { branch, access: { branches: "open", versions: "open" }, ...options },
    {
      branches: {
        master: [served("22222222", routes("master")), served("11111111", routes("master before"))],
        dev: [served("33333333", routes("dev")), served("44444444", routes("dev before"))],
        preview: [served("55555555", routes("preview"))],
        other: [served("66666666", routes("other"))],
      },
      pages: [
        {
          method: "GET",
          path: "/~status",
          access: "open",
          handle: (request, scope, { version }) =>
            json({ branch: scope.branch, base: request.base, name: version?.name }),
        },
      ],
    },
  );
}

/** The answer to a request with these lines as headers; `host: localhost` where none is given. */
async function ask(fixture: Awaited<ReturnType<typeof gateway>>, target: string, lines: readonly string[]) {
  const host = lines.some((line) => line.startsWith("host:")) ? [] : ["host: localhost"];
  const text = await raw(
    fixture,
    [`GET ${target} HTTP/1.1`, ...host, "connection: close", ...lines, "", ""].join("\r\n"),
  );
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { head: head.toLowerCase(), body };
}

describe("S9.5 a branch is chosen without a prefix", () => {
  test.each([
    ["by nothing", "/v", [], "master"],
    ["by the header", "/v", ["x-branch: dev"], "dev"],
    ["by the header in another case", "/v", ["X-BRANCH: dev"], "dev"],
    ["by the header, with a tag", "/v", ["x-branch: dev@44444444"], "dev before"],
    ["by the header, with the whole id", "/v", [`x-branch: dev@${"44444444".repeat(4)}`], "dev before"],
    ["by the header, with latest", "/v", ["x-branch: dev@latest"], "dev"],
    ["by the header, master", "/v", ["x-branch: master", "cookie: branch=dev"], "master"],
    ["by the header, a version of master", "/v", ["x-branch: master@11111111"], "master before"],
    ["by the cookie", "/v", ["cookie: a=1; branch=dev; b=2"], "dev"],
    ["by the cookie, encoded", "/v", ["cookie: branch=dev%4044444444"], "dev before"],
    ["by the cookie, quoted", "/v", ['cookie: branch="dev@44444444"'], "dev before"],
    ["by the first of two cookies", "/v", ["cookie: branch=dev; branch=other"], "dev"],
    ["by none of other cookies", "/v", ["cookie: xbranch=dev; branch; Branch=dev"], "master"],
    ["by the host", "/v", ["host: preview.example.com"], "preview"],
    ["by the host with a port, in capitals", "/v", ["host: PREVIEW.example.com:8080"], "preview"],
    ["by the host with the root's dot", "/v", ["host: preview.example.com."], "preview"],
    ["by the host of an absolute target", "http://preview.example.com/v", ["host: elsewhere"], "preview"],
    ["not by a host below", "/v", ["host: a.preview.example.com"], "master"],
    ["not by the host's name elsewhere", "/v", ["host: constructor"], "master"],
    ["by the header before the cookie", "/v", ["x-branch: dev", "cookie: branch=other"], "dev"],
    ["by the cookie before the host", "/v", ["cookie: branch=other", "host: preview.example.com"], "other"],
    ["by the path before all", "/~other/v", ["x-branch: dev", "host: preview.example.com"], "other"],
    ["by the path, master", "/~master/v", ["x-branch: dev"], "master"],
    ["by no empty header, but the cookie", "/v", ["x-branch:", "cookie: branch=dev"], "dev"],
    ["by no empty cookie, but the host", "/v", ["cookie: branch=", "host: preview.example.com"], "preview"],
  ])("%s: %s %j", async (_what, target, lines, name) => {
    const { head, body } = await ask(await gateway(), target, lines);
    expect(head).toContain("http/1.1 200 ok");
    expect(JSON.parse(body)).toMatchObject({ name, branch: name.split(" ")[0] });
  });

  test("only where it is configured", async () => {
    const fixture = await gateway({ branch: {} });
    const { head, body } = await ask(fixture, "/v", [
      "x-branch: dev",
      "cookie: branch=dev",
      "host: preview.example.com",
    ]);
    expect(JSON.parse(body)).toMatchObject({ name: "master" });
    expect(head).not.toContain("vary");
  });

  test("base, url and path stay what the path says", async () => {
    const { url } = await gateway();
    const answer = await fetch(`${url}/v/?a=1`, { headers: { "x-branch": "dev@44444444" } });
    expect(await answer.json()).toMatchObject({ branch: "dev", base: "", url: "/v/?a=1", path: "/v" });
  });

  test("a page of the gateway is the chosen branch's, its health is nobody's", async () => {
    const { url } = await gateway();
    const headers = { "x-branch": "dev@44444444" };
    expect(await (await fetch(`${url}/~status`, { headers })).json()).toEqual({
      branch: "dev",
      base: "",
      name: "44444444",
    });
    expect(await (await fetch(`${url}/~other/~status`, { headers })).json()).toMatchObject({
      branch: "other",
    });
    const health = await fetch(`${url}/~health/liveness`, { headers: { "x-branch": "nope" } });
    expect([health.status, health.headers.get("vary")]).toEqual([200, null]);
  });

  test.each([
    ["nope", "BRANCH_UNKNOWN", "Branch 'nope' does not exist."],
    ["DEV", "BRANCH_UNKNOWN", "Branch 'DEV' does not exist."],
    ["../dev", "BRANCH_UNKNOWN", "Branch '../dev' does not exist."],
    ["__proto__", "BRANCH_UNKNOWN", "Branch '__proto__' does not exist."],
    ["status", "BRANCH_UNKNOWN", "Branch 'status' does not exist."],
    ["dev, other", "BRANCH_UNKNOWN", "Branch 'dev, other' does not exist."],
    ["dev@99999999", "VERSION_UNKNOWN", "Branch 'dev' has no version '99999999'."],
    ["dev@ABCDEF12", "VERSION_UNKNOWN", "Branch 'dev' has no version 'ABCDEF12'."],
    ["dev@", "VERSION_UNKNOWN", "Branch 'dev' has no version ''."],
    ["dev@33333333@x", "VERSION_UNKNOWN", "Branch 'dev' has no version '33333333@x'."],
    ["@latest", "BRANCH_UNKNOWN", "Branch '' does not exist."],
  ])("%s answers 404 that says which: %s", async (name, code, detail) => {
    const fixture = await gateway();
    for (const headers of [{ "x-branch": name }, { cookie: `branch=${encodeURIComponent(name)}` }]) {
      const response = await fetch(`${fixture.url}/v`, { headers });
      expect(response.status).toBe(404);
      expect(await problem(response)).toMatchObject({ code, detail });
    }
    const upgrade = await refusal(fixture, "/ws", { headers: { "x-branch": name } });
    expect([upgrade.status, JSON.parse(upgrade.body)]).toMatchObject([404, { code, detail }]);
  });

  test("a WebSocket too, and it follows the branch", async () => {
    const fixture = await gateway();
    for (const [headers, name] of [
      [{ "x-branch": "dev@44444444" }, "dev before"],
      [{ cookie: "branch=dev" }, "dev"],
      [{ host: "preview.example.com" }, "preview"],
    ] as const)
      expect(await received(await dial(fixture, "/ws", { headers }), 1)).toEqual([name]);
    const client = await dial(fixture, "/~other/ws", { headers: { "x-branch": "dev" } });
    expect(await received(client, 1)).toEqual(["other"]);
  });
});

describe("S9.11 a branch that is chosen is guarded as one that the path names", () => {
  test.each([
    ["the header", ["x-branch: dev", "host: localhost"], 200],
    ["the header, from elsewhere", ["x-branch: dev", "host: localhost", "via: 1.1 proxy"], 404],
    ["the cookie, from elsewhere", ["cookie: branch=dev", "x-forwarded-for: 1.2.3.4"], 404],
    ["a version, from elsewhere", ["x-branch: master@11111111", "via: 1.1 proxy"], 404],
    ["master's newest by its tag, from elsewhere", ["x-branch: master@22222222", "via: 1.1 proxy"], 200],
    ["the host, which is none that local callers ask for", ["host: preview.example.com"], 404],
  ])("%s", async (_what, lines, status) => {
    const fixture = await gateway({ access: {} });
    expect((await ask(fixture, "/v", lines)).head).toContain(`http/1.1 ${status} `);
  });

  test("who may not sees what is said of branches that are not there, and nothing is looked up", async () => {
    const fixture = await gateway({ access: {} });
    const answer = async (name: string) => {
      const { head, body } = await ask(fixture, "/v", [`x-branch: ${name}`, "via: 1.1 proxy"]);
      return `${head} ${body}`.replaceAll(
        /x-request-id.*|"requestId":"[^"]*"|dev|nope|date.*|content-length.*/g,
        "",
      );
    };
    expect(await answer("dev")).toBe(await answer("nope"));
    expect(fixture.found).toEqual([]);
  });
});

describe("S9.5 caches", () => {
  test.each([
    ["chosen by the header", "/v", { "x-branch": "dev" }, "x-branch, cookie"],
    ["where nothing is chosen: a cache must not give it to who chooses", "/v", {}, "x-branch, cookie"],
    ["that varies by itself", "/vary", { "x-branch": "dev" }, "accept, x-branch, cookie"],
    ["that is for nobody else", "/any", { "x-branch": "dev" }, "*"],
    ["a refusal", "/v", { "x-branch": "nope" }, "x-branch, cookie"],
    ["no route", "/nothing", {}, "x-branch, cookie"],
    ["a page", "/~status", { "x-branch": "dev" }, "x-branch, cookie"],
    ["named by the path", "/~dev/v", { "x-branch": "other" }, null],
  ])("an answer %s", async (_what, path, headers: Record<string, string>, vary) => {
    const { url } = await gateway();
    expect((await fetch(url + path, { headers })).headers.get("vary")).toBe(vary);
  });

  test("a host is part of the address already", async () => {
    const { url } = await gateway({ branch: { host: branch.host } });
    expect((await fetch(`${url}/v`)).headers.get("vary")).toBeNull();
    const cookie = await gateway({ branch: { cookie: "branch" } });
    expect((await fetch(`${cookie.url}/v`)).headers.get("vary")).toBe("cookie");
  });
});

test.each([
  [{ header: "x branch" }, "'x branch' is not a valid header name."],
  [{ header: "" }, "'' is not a valid header name."],
  [{ cookie: "a b" }, "'a b' is not a valid cookie name."],
  [
    { host: { "example.com:80": "preview" } },
    "'example.com:80' is not a host name. Give the name without a port.",
  ],
  [{ host: { "https://example.com": "preview" } }, "is not a host name"],
  [{ host: { "example.com": "Preview" } }, "'Preview' (for host example.com) is not a valid branch"],
  [{ host: { "example.com": "status" } }, "'status' (for host example.com) is not a valid branch"],
  [{ host: { "example.com": "preview@x" } }, "'preview@x' (for host example.com) is not a valid branch"],
])("options that cannot be are refused: %j", (wrong, message) => {
  expect(() => h3Server({ branch: wrong })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) }),
  );
});
