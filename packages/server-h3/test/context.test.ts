import { generateKeyPairSync } from "node:crypto";
import type { HttpRequest } from "@tidegate/core-registry";
import { type JWTPayload, SignJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { type Auth, type H3ServerOptions, h3Server, ipContext, jwt } from "../src/index.ts";
import { json, problem, route, start } from "./fixture.ts";

const secret = "a secret of thirty-two bytes ...";
const key = new TextEncoder().encode(secret);
const now = (): number => Math.floor(Date.now() / 1000);

function token(claims: JWTPayload, exp: number | undefined = now() + 60): Promise<string> {
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: "HS256" });
  return (exp === undefined ? jwt : jwt.setExpirationTime(exp)).sign(key);
}

/** A gateway whose route replies with a context value and the view of it. */
function showing(name: string, options: H3ServerOptions = {}) {
  return start(
    [
      route("GET", "/", async (_request, { context }) => {
        await context.prepare([name]);
        return json({ value: await context.get(name), view: context.view(name) });
      }),
      route("GET", "/open", () => json("auth is not read")),
    ],
    options,
  );
}

async function shown(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ value?: unknown; view?: unknown }> {
  return (await (await fetch(url, { headers })).json()) as { value?: unknown; view?: unknown };
}

describe("S12.3 id", () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  test.each([
    ["x-request-id", { "x-request-id": "abc-1.2" }, "abc-1.2"],
    ["traceparent", { traceparent: `00-${trace}-00f067aa0ba902b7-01` }, trace],
    ["traceparent of a later version", { traceparent: `01-${trace}-00f067aa0ba902b7-01-more` }, trace],
    ["both", { "x-request-id": "abc", traceparent: `00-${trace}-00f067aa0ba902b7-01` }, "abc"],
  ])("%s is used", async (_what, headers, id) => {
    const { url } = await showing("id");
    const response = await fetch(url, { headers });
    expect(response.headers.get("x-request-id")).toBe(id);
    expect(await response.json()).toMatchObject({ value: id });
  });

  test.each([
    ["no header", {}],
    ["a space in it", { "x-request-id": "a b" }],
    ["too long", { "x-request-id": "x".repeat(129) }],
    ["zero trace id", { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }],
    ["zero parent", { traceparent: `00-${trace}-${"0".repeat(16)}-01` }],
    ["version ff", { traceparent: `ff-${trace}-00f067aa0ba902b7-01` }],
    ["version 00 with more", { traceparent: `00-${trace}-00f067aa0ba902b7-01-x` }],
    ["capitals", { traceparent: `00-${trace.toUpperCase()}-00f067aa0ba902b7-01` }],
  ])("%s: a new id is made", async (_what, headers) => {
    const { url } = await showing("id");
    expect((await shown(url, headers as Record<string, string>)).value).toMatch(/^[\da-f]{32}$/);
  });

  test("each request on a connection has its own id", async () => {
    const { url } = await start([
      route("GET", "/", (_request, { context }) => json([context.get("id"), context.fork().get("id")])),
    ]);
    const [own, forked] = (await (
      await fetch(url, { headers: { "x-request-id": "mine" } })
    ).json()) as string[];
    expect(own).toBe("mine");
    expect(forked).not.toBe("mine");
  });
});

describe("S12.3 ip", () => {
  const through = (trustedProxies: string[], peer: string, forwarded?: string): unknown =>
    ipContext(trustedProxies).create({
      request: {
        peer: { address: peer, encrypted: false },
        header: (name: string) => (name === "x-forwarded-for" ? forwarded : undefined),
      } as HttpRequest,
    } as never);

  test.each([
    ["no trusted proxy", [], "10.0.0.1", "1.2.3.4", "10.0.0.1"],
    ["trusted proxy", ["10.0.0.0/8"], "10.0.0.1", "1.2.3.4", "1.2.3.4"],
    ["http-10 a forged address", ["10.0.0.0/8"], "10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"],
    ["two proxies", ["10.0.0.0/8", "::1"], "::1", "1.2.3.4, 10.9.9.9", "1.2.3.4"],
    ["an untrusted peer", ["10.0.0.0/8"], "11.0.0.1", "1.2.3.4", "11.0.0.1"],
    ["an invalid address", ["10.0.0.0/8"], "10.0.0.1", "unknown", "10.0.0.1"],
    ["no header", ["10.0.0.0/8"], "10.0.0.1", undefined, "10.0.0.1"],
  ])("%s", (_what, proxies, peer, forwarded, expected) => {
    expect(through(proxies, peer, forwarded)).toBe(expected);
  });

  test.each(["localhost", "10.0.0.0/33", "10.0.0.0/x", ""])("the invalid proxy %j is refused", (proxy) => {
    expect(() => h3Server({ trustedProxies: [proxy] })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  test("of a real connection", async () => {
    const { url } = await showing("ip", { trustedProxies: ["127.0.0.1"] });
    expect(await shown(url)).toMatchObject({ value: "127.0.0.1" });
    expect(await shown(url, { "x-forwarded-for": "1.2.3.4" })).toMatchObject({ value: "1.2.3.4" });
  });
});

test("S2.6 functions see a request without cookies, authorization and body", async () => {
  const { url } = await start([
    route("GET", "/a", async (_request, { context }) => {
      await context.prepare(["request"]);
      return json(context.view("request"));
    }),
  ]);
  const headers = { cookie: "a=1", authorization: "Bearer x", "proxy-authorization": "x", "x-seen": "yes" };
  const view = (await (await fetch(`${url}/a?b=1`, { headers })).json()) as Record<string, object>;
  expect(view).toMatchObject({
    method: "GET",
    path: "/a",
    base: "",
    query: { b: "1" },
    headers: { "x-seen": "yes" },
  });
  expect(Object.keys(view).sort()).toEqual(["base", "headers", "method", "path", "query"]);
  expect(Object.keys(view.headers ?? {}).join()).not.toMatch(/cookie|authorization/);
});

describe("S12.4 auth", () => {
  const auth = { Bearer: jwt({ secret }) };
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

  test("a valid token: the identity is its claims, and functions do not see the token", async () => {
    const { url } = await showing("auth", { auth });
    const good = await token({ sub: "1", scope: "player.read player.write" });
    const { value, view } = await shown(url, bearer(good));
    expect(value).toMatchObject({ identity: { sub: "1" }, scope: "player.read player.write", token: good });
    expect(view).toMatchObject({ identity: { sub: "1" } });
    expect(JSON.stringify(view)).not.toContain(good);
  });

  test("no header, no parser, another scheme: undefined", async () => {
    const { url } = await showing("auth", { auth });
    expect(await shown(url)).toEqual({});
    expect(await shown(url, { authorization: "Basic YTpi" })).toEqual({});
    const none = await showing("auth");
    expect(await shown(none.url, bearer("x"))).toEqual({});
  });

  test("jwt-03 an expired token has a code of its own, so that a client can refresh it", async () => {
    const { url } = await showing("auth", { auth });
    const response = await fetch(url, { headers: bearer(await token({}, now() - 60)) });
    expect(response.headers.get("www-authenticate")).toContain('Bearer error="invalid_token"');
    expect(await problem(response)).toMatchObject({ status: 401, code: "TOKEN_EXPIRED" });
    expect((await fetch(url, { headers: bearer(await token({}, now() - 2)) })).status).toBe(200);
  });

  const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  test.each([
    ["not a JWT", () => "nonsense"],
    ["jwt-01 alg none", () => `${b64({ alg: "none" })}.${b64({ exp: now() + 60 })}.`],
    [
      "another secret",
      () =>
        new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1m").sign(new Uint8Array(32)),
    ],
    [
      "an algorithm that is not accepted",
      () =>
        new SignJWT({}).setProtectedHeader({ alg: "HS512" }).setExpirationTime("1m").sign(new Uint8Array(64)),
    ],
    ["jwt-04 not yet valid", () => token({ nbf: now() + 100 })],
    ["jwt-05 no exp", () => new SignJWT({}).setProtectedHeader({ alg: "HS256" }).sign(key)],
    [
      "jwt-09 an unknown crit",
      async () => {
        const [, payload, signature] = (await token({})).split(".");
        return `${b64({ alg: "HS256", crit: ["x"], x: 1 })}.${payload}.${signature}`;
      },
    ],
  ])("%s is TOKEN_INVALID", async (_what, make) => {
    const { url } = await showing("auth", { auth });
    const response = await fetch(url, { headers: bearer(await make()) });
    expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(await problem(response)).toMatchObject({ status: 401, code: "TOKEN_INVALID" });
  });

  test("jwt-02 a public key is not accepted as a shared secret", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = publicKey.export({ type: "spki", format: "pem" });
    const forged = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1m")
      .sign(new TextEncoder().encode(String(pem)));
    const { url } = await showing("auth", {
      auth: { Bearer: jwt({ key: publicKey, algorithms: ["RS256"] }) },
    });
    expect((await fetch(url, { headers: bearer(forged) })).status).toBe(401);
  });

  test("jwt-06 issuer and audience are checked", async () => {
    const strict = jwt({ secret, issuer: "us", audience: ["a", "b"] });
    const { url } = await showing("auth", { auth: { bearer: strict } });
    const status = async (claims: JWTPayload): Promise<number> =>
      (await fetch(url, { headers: bearer(await token(claims)) })).status;
    expect(await status({ iss: "us", aud: "b" })).toBe(200);
    expect(await status({ iss: "them", aud: "b" })).toBe(401);
    expect(await status({ iss: "us", aud: "c" })).toBe(401);
    expect(await status({})).toBe(401);
  });

  test.each([
    ["nothing", {}],
    ["a short secret", { secret: "short" }],
    ["both", { secret, key: generateKeyPairSync("ed25519").publicKey }],
    ["a key without algorithms", { key: generateKeyPairSync("ed25519").publicKey }],
    ["alg none", { secret, algorithms: ["none"] }],
    ["an empty issuer", { secret, issuer: "" }],
    ["an empty audience", { secret, audience: [] }],
  ])("options with %s are refused", (_what, options) => {
    expect(() => jwt(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  test("an invalid token fails only what reads auth", async () => {
    const { url } = await showing("auth", { auth });
    expect((await fetch(`${url}/open`, { headers: bearer("nonsense") })).status).toBe(200);
  });

  test("jwt-15 two Authorization headers are refused (S12.5)", async () => {
    const { url } = await showing("auth", { auth });
    const good = `Bearer ${await token({})}`;
    const { request } = await import("node:http");
    const status = await new Promise((resolve) =>
      request(
        url,
        { headers: ["Authorization", good, "Authorization", good, "Host", "localhost"] },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      ).end(),
    );
    expect(status).toBe(400);
  });

  test("the result of a parser is cached until it expires", async () => {
    const expiring = vi.fn(async (): Promise<Auth> => ({ identity: 1, expiresAt: Date.now() + 60_000 }));
    const over = vi.fn((): Auth => ({ identity: 1, expiresAt: Date.now() - 1 }));
    const unknown = vi.fn((): Auth => ({ identity: 1 }));
    const { url } = await showing("auth", { auth: { a: expiring, b: over, c: unknown } });
    for (const scheme of ["A", "A", "b", "b", "C", "C"]) await shown(url, { authorization: `${scheme} x` });
    await shown(url, { authorization: "A y" });
    expect([expiring, over, unknown].map((parser) => parser.mock.calls.length)).toEqual([2, 2, 2]);
    expect(expiring).toHaveBeenLastCalledWith(expect.objectContaining({ scheme: "a", credentials: "y" }));
  });
});
