import { describe, expect, test } from "vitest";
import { type H3ServerOptions, h3Server } from "../src/index.ts";
import { json, problem, raw, route, served, start } from "./fixture.ts";
import { dial, received, refusal, socketRoute } from "./socket-fixture.ts";

const branch = { header: "X-Branch", cookie: "branch", host: { "preview.example.com": "preview" } };

/** A gateway with four branches, whose routes reply with the name of the branch and parts of the request. */
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
        master: [served("22222222", routes("master")), served("11111111", routes("master old"))],
        dev: [served("33333333", routes("dev")), served("44444444", routes("dev old"))],
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

/**
 * The reply to a request with the given header lines, and with `host: localhost` unless one of them is a
 * host.
 */
async function ask(fixture: Awaited<ReturnType<typeof gateway>>, target: string, lines: readonly string[]) {
  const host = lines.some((line) => line.startsWith("host:")) ? [] : ["host: localhost"];
  const text = await raw(
    fixture,
    [`GET ${target} HTTP/1.1`, ...host, "connection: close", ...lines, "", ""].join("\r\n"),
  );
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { head: head.toLowerCase(), body };
}

describe("S9.5 the branch of a request without prefix", () => {
  test.each([
    ["master where nothing is selected", "/v", [], "master"],
    ["by the header", "/v", ["x-branch: dev"], "dev"],
    ["by the header in another case", "/v", ["X-BRANCH: dev"], "dev"],
    ["by the header, with a tag", "/v", ["x-branch: dev@44444444"], "dev old"],
    ["by the header, with the whole id", "/v", [`x-branch: dev@${"44444444".repeat(4)}`], "dev old"],
    ["by the header, with latest", "/v", ["x-branch: dev@latest"], "dev"],
    ["by the header, master", "/v", ["x-branch: master", "cookie: branch=dev"], "master"],
    ["by the header, a version of master", "/v", ["x-branch: master@11111111"], "master old"],
    ["by the cookie", "/v", ["cookie: a=1; branch=dev; b=2"], "dev"],
    ["by the cookie, encoded", "/v", ["cookie: branch=dev%4044444444"], "dev old"],
    ["by the cookie, quoted", "/v", ['cookie: branch="dev@44444444"'], "dev old"],
    ["by the first of two cookies", "/v", ["cookie: branch=dev; branch=other"], "dev"],
    ["not by cookies of other names", "/v", ["cookie: xbranch=dev; branch; Branch=dev"], "master"],
    ["by the host", "/v", ["host: preview.example.com"], "preview"],
    ["by the host with a port, in capitals", "/v", ["host: PREVIEW.example.com:8080"], "preview"],
    ["by the host with the root's dot", "/v", ["host: preview.example.com."], "preview"],
    ["by the host of an absolute target", "http://preview.example.com/v", ["host: elsewhere"], "preview"],
    ["not by a subdomain of the host", "/v", ["host: a.preview.example.com"], "master"],
    ["not by a host with the name of an object member", "/v", ["host: constructor"], "master"],
    ["by the header before the cookie", "/v", ["x-branch: dev", "cookie: branch=other"], "dev"],
    ["by the cookie before the host", "/v", ["cookie: branch=other", "host: preview.example.com"], "other"],
    [
      "by the path before the header and the host",
      "/~other/v",
      ["x-branch: dev", "host: preview.example.com"],
      "other",
    ],
    ["by the path, master", "/~master/v", ["x-branch: dev"], "master"],
    ["by the cookie where the header is empty", "/v", ["x-branch:", "cookie: branch=dev"], "dev"],
    [
      "by the host where the cookie is empty",
      "/v",
      ["cookie: branch=", "host: preview.example.com"],
      "preview",
    ],
  ])("%s: %s %j", async (_what, target, lines, name) => {
    const { head, body } = await ask(await gateway(), target, lines);
    expect(head).toContain("http/1.1 200 ok");
    expect(JSON.parse(body)).toMatchObject({ name, branch: name.split(" ")[0] });
  });

  test("is master where no option is set", async () => {
    const fixture = await gateway({ branch: {} });
    const { head, body } = await ask(fixture, "/v", [
      "x-branch: dev",
      "cookie: branch=dev",
      "host: preview.example.com",
    ]);
    expect(JSON.parse(body)).toMatchObject({ name: "master" });
    expect(head).not.toContain("vary");
  });

  test("base, url and path do not depend on the selection", async () => {
    const { url } = await gateway();
    const answer = await fetch(`${url}/v/?a=1`, { headers: { "x-branch": "dev@44444444" } });
    expect(await answer.json()).toMatchObject({ branch: "dev", base: "", url: "/v/?a=1", path: "/v" });
  });

  test("pages of the gateway are served for the selected branch, health pages for none", async () => {
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
  ])("%s answers 404 with the name: %s", async (name, code, detail) => {
    const fixture = await gateway();
    for (const headers of [{ "x-branch": name }, { cookie: `branch=${encodeURIComponent(name)}` }]) {
      const response = await fetch(`${fixture.url}/v`, { headers });
      expect(response.status).toBe(404);
      expect(await problem(response)).toMatchObject({ code, detail });
    }
    const upgrade = await refusal(fixture, "/ws", { headers: { "x-branch": name } });
    expect([upgrade.status, JSON.parse(upgrade.body)]).toMatchObject([404, { code, detail }]);
  });

  test("WebSockets use the selected branch, too", async () => {
    const fixture = await gateway();
    for (const [headers, name] of [
      [{ "x-branch": "dev@44444444" }, "dev old"],
      [{ cookie: "branch=dev" }, "dev"],
      [{ host: "preview.example.com" }, "preview"],
    ] as const)
      expect(await received(await dial(fixture, "/ws", { headers }), 1)).toEqual([name]);
    const client = await dial(fixture, "/~other/ws", { headers: { "x-branch": "dev" } });
    expect(await received(client, 1)).toEqual(["other"]);
  });
});

describe("S9.11 a selected branch needs the same access as one in the path", () => {
  test.each([
    ["the header", ["x-branch: dev", "host: localhost"], 200],
    ["the header, from a remote client", ["x-branch: dev", "host: localhost", "via: 1.1 proxy"], 404],
    ["the cookie, from a remote client", ["cookie: branch=dev", "x-forwarded-for: 1.2.3.4"], 404],
    ["a version, from a remote client", ["x-branch: master@11111111", "via: 1.1 proxy"], 404],
    [
      "master's newest version by tag, from a remote client",
      ["x-branch: master@22222222", "via: 1.1 proxy"],
      200,
    ],
    ["the host: a request to it is not local", ["host: preview.example.com"], 404],
  ])("%s", async (_what, lines, status) => {
    const fixture = await gateway({ access: {} });
    expect((await ask(fixture, "/v", lines)).head).toContain(`http/1.1 ${status} `);
  });

  test("a client without access gets the reply for an unknown branch, and nothing is looked up", async () => {
    const fixture = await gateway({ access: {} });
    const replyTo = async (name: string) => {
      const { head, body } = await ask(fixture, "/v", [`x-branch: ${name}`, "via: 1.1 proxy"]);
      return `${head} ${body}`.replaceAll(
        /x-request-id.*|"requestId":"[^"]*"|dev|nope|date.*|content-length.*/g,
        "",
      );
    };
    expect(await replyTo("dev")).toBe(await replyTo("nope"));
    expect(fixture.found).toEqual([]);
  });
});

describe("S9.5 Vary", () => {
  test.each([
    ["with a selected branch", "/v", { "x-branch": "dev" }, "x-branch, cookie"],
    ["without selection, because a cache must not serve it for one", "/v", {}, "x-branch, cookie"],
    ["with a Vary of its own", "/vary", { "x-branch": "dev" }, "accept, x-branch, cookie"],
    ["with Vary: *", "/any", { "x-branch": "dev" }, "*"],
    ["for an unknown branch", "/v", { "x-branch": "nope" }, "x-branch, cookie"],
    ["without a route", "/nothing", {}, "x-branch, cookie"],
    ["of a page", "/~status", { "x-branch": "dev" }, "x-branch, cookie"],
    ["with the branch in its path", "/~dev/v", { "x-branch": "other" }, null],
  ])("a reply %s", async (_what, path, headers: Record<string, string>, vary) => {
    const { url } = await gateway();
    expect((await fetch(url + path, { headers })).headers.get("vary")).toBe(vary);
  });

  test("has no host, which is a part of the URL", async () => {
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
])("invalid options are refused: %j", (wrong, message) => {
  expect(() => h3Server({ branch: wrong })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) }),
  );
});
