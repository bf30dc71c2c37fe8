import { request } from "node:http";
import { Readable } from "node:stream";
import { type HttpRoute, TidegateError } from "@tidegate/core-registry";
import {
  basicAuth,
  getCookie,
  getRequestIP,
  H3,
  type Middleware as H3Middleware,
  HTTPError,
  handleCors,
  onResponse,
  readBody,
  setCookie,
} from "h3";
import { describe, expect, test } from "vitest";
import { fromH3 } from "../src/index.ts";
import { json, problem, raw, route, start } from "./fixture.ts";
import { dial, echo, received, refusal, socketRoute } from "./socket-fixture.ts";

const hello = route("GET", "/", () => ({ status: 200, headers: [["x-route", "1"]], body: "hello" }));

/** Starts a server with one middleware of h3. */
async function startWith(middleware: H3Middleware, routes: readonly HttpRoute[] = [hello]) {
  return start(routes, { middleware: [fromH3(middleware, "mine")] });
}

describe("S12.2 h3's own utilities", () => {
  const cors: H3Middleware = (event) => {
    const answered = handleCors(event, {
      origin: ["https://app.example.com"],
      methods: ["GET", "POST"],
      preflight: { statusCode: 204 },
    });
    return answered === false ? undefined : answered;
  };

  test("handleCors answers a preflight request", async () => {
    const { url } = await startWith(cors);
    const response = await fetch(`${url}/any`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example.com", "access-control-request-method": "POST" },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(response.headers.get("access-control-allow-methods")).toBe("GET,POST");
  });

  test("handleCors adds its headers to replies of routes, and to errors", async () => {
    const { url } = await startWith(cors);
    const headers = { origin: "https://app.example.com" };
    for (const path of ["/", "/none"]) {
      const response = await fetch(url + path, { headers });
      expect(response.status).toBe(path === "/" ? 200 : 404);
      expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
      expect(response.headers.get("vary")).toBe("origin");
    }
    const other = await fetch(url, { headers: { origin: "https://evil.example" } });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each([
    ["no host", "GET /admin/users HTTP/1.0\r\n\r\n"],
    ["an empty host", "GET /admin/users HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n"],
    ["a host with a path", "GET /admin/users HTTP/1.1\r\nhost: a/b?\r\nconnection: close\r\n\r\n"],
    ["a host with a user", "GET /admin/users HTTP/1.1\r\nhost: u:p@a\r\nconnection: close\r\n\r\n"],
    ["a host with a fragment", "GET /admin/users HTTP/1.1\r\nhost: a#\r\nconnection: close\r\n\r\n"],
  ])("a check of the path sees the path that the gateway routes, with %s", async (_, text) => {
    const paths: string[] = [];
    const admin = route("GET", "/admin/users", () => ({ status: 200, headers: [], body: "secret" }));
    const fixture = await startWith(
      (event) => {
        paths.push(event.url.pathname);
        return event.url.pathname.startsWith("/admin") ? new Response("no", { status: 403 }) : undefined;
      },
      [admin],
    );
    const answer = await raw(fixture, text);
    expect(answer).not.toContain("secret");
    expect(paths.filter((path) => path !== "/admin/users")).toEqual([]);
  });

  test("basicAuth protects everything: routes, pages, errors and upgrades", async () => {
    const auth = fromH3(basicAuth({ username: "admin", password: "secret" }), "basic-auth");
    const fixture = await start([hello, socketRoute("/chat", echo)], { middleware: [auth] });
    for (const path of ["/", "/none", "/~health/liveness"]) {
      const response = await fetch(fixture.url + path);
      expect(response.headers.get("www-authenticate")).toContain('Basic realm="auth"');
      expect(await problem(response)).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    }
    expect((await refusal(fixture, "/chat")).status).toBe(401);
    const authorization = `Basic ${btoa("admin:secret")}`;
    expect(await (await fetch(fixture.url, { headers: { authorization } })).text()).toBe("hello");
    const client = await dial(fixture, "/chat", { headers: { authorization } });
    client.send("in");
    expect(await received(client, 1)).toEqual(["in"]);
    expect(fixture.log).toEqual([]);
  });

  test("onResponse sees every response", async () => {
    const seen: number[] = [];
    const { url } = await startWith(onResponse((response) => void seen.push(response.status)));
    await fetch(url);
    await fetch(`${url}/none`);
    expect(seen).toEqual([200, 404]);
  });

  test("cookies, the address of the client, and the URL with the prefix of a branch", async () => {
    const { url } = await startWith((event) => {
      setCookie(event, "a", "1");
      setCookie(event, "b", "2");
      return [getCookie(event, "session"), getRequestIP(event), event.url.pathname, event.req.method];
    });
    const response = await fetch(`${url}/~dev/x?q=1`, { headers: { cookie: "session=s" } });
    expect(await response.json()).toEqual(["s", "127.0.0.1", "/~dev/x", "GET"]);
    expect(response.headers.getSetCookie()).toHaveLength(2);
  });

  test("an app of h3 answers for its own paths, and the gateway for all others", async () => {
    const app = new H3().get("/hello/:name", (event) => ({ hello: event.context.params?.name }));
    const { url } = await start([hello], { middleware: [fromH3(app, "app")] });
    expect(await (await fetch(`${url}/hello/ann`)).json()).toEqual({ hello: "ann" });
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  test("a web handler answers, and its 404 lets the gateway answer", async () => {
    const handler = {
      fetch: (request: Request) =>
        request.url.endsWith("/mine") ? new Response("mine") : new Response(null, { status: 404 }),
    };
    const { url } = await start([hello], { middleware: [fromH3(handler)] });
    expect(await (await fetch(`${url}/mine`)).text()).toBe("mine");
    expect(await (await fetch(url)).text()).toBe("hello");
  });
});

describe("S12.2 (event, next)", () => {
  test.each([
    ["a text", "x", "x"],
    ["an object", { a: 1 }, '{"a":1}'],
    ["bytes", Uint8Array.of(120), "x"],
    ["a Response", new Response("x"), "x"],
  ])("%s that it returns is the reply, with the headers of event.res", async (_what, value, text) => {
    const { url } = await startWith((event) => {
      event.res.headers.set("x-mine", "1");
      return value instanceof Response ? value.clone() : value;
    });
    const response = await fetch(url);
    expect([await response.text(), response.headers.get("x-mine")]).toEqual([text, "1"]);
  });

  test("after next(), it can change the headers of the response", async () => {
    const { url } = await startWith(async (_event, next) => {
      const response = (await next()) as Response;
      response.headers.set("x-route", "changed");
      return response;
    });
    const response = await fetch(url);
    expect([response.headers.get("x-route"), await response.text()]).toEqual(["changed", "hello"]);
  });

  test("after next(), it can return another response, made of the body of the first", async () => {
    const { url } = await startWith(async (_event, next) => {
      const response = (await next()) as Response;
      return new Response((await response.text()).toUpperCase(), { status: 201 });
    });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([201, "HELLO"]);
  });

  test("streams pass through, changed or not", async () => {
    const stream = route("GET", "/", () => ({ status: 200, headers: [], body: Readable.from(["a", "b"]) }));
    const unchanged = await startWith(async (_event, next) => next(), [stream]);
    expect(await (await fetch(unchanged.url)).text()).toBe("ab");
    const wrapped = await startWith(
      async (_event, next) => new Response(((await next()) as Response).body),
      [stream],
    );
    expect(await (await fetch(wrapped.url)).text()).toBe("ab");
  });

  test("next() resolves with the problem document of an error; it does not reject", async () => {
    const seen: number[] = [];
    const failing = route("GET", "/", () => {
      throw new TidegateError("FORBIDDEN");
    });
    const { url } = await startWith(
      async (_event, next) => {
        seen.push(((await next()) as Response).status);
      },
      [failing],
    );
    expect((await fetch(url)).status).toBe(403);
    expect(seen).toEqual([403]);
  });

  test("next() called twice runs the route once", async () => {
    let runs = 0;
    const counted = route("GET", "/", () => json(++runs));
    const { url } = await startWith(
      async (_event, next) => {
        await next();
        return next();
      },
      [counted],
    );
    expect(await (await fetch(url)).json()).toBe(1);
    expect(runs).toBe(1);
  });

  test("for an upgrade, headers are added to the 101", async () => {
    const middleware = fromH3(async (event, next) => {
      event.res.headers.set("x-first", "1");
      const response = (await next()) as Response;
      response.headers.set("x-second", "2");
      return response;
    }, "mine");
    const fixture = await start([socketRoute("/chat", echo)], { middleware: [middleware] });
    const client = await dial(fixture, "/chat");
    client.send("in");
    expect(await received(client, 1)).toEqual(["in"]);
  });

  test("a body that it reads is limited, and taken from the route", async () => {
    const echoed: H3Middleware = async (event) => ({ got: await readBody(event) });
    const { url } = await start([], { middleware: [fromH3(echoed, "echo")], streamBytes: 10 });
    const send = (body: string) =>
      fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
    expect(await (await send('{"a":1}')).json()).toEqual({ got: { a: 1 } });
    expect((await send(JSON.stringify("x".repeat(100)))).status).toBeGreaterThanOrEqual(400);
  });

  test("a body that it does not read reaches the route", async () => {
    const post = route("POST", "/", async ({ body }) => json(await body.json()));
    const { url } = await startWith((_event, next) => next(), [post]);
    const response = await fetch(url, { method: "POST", body: "[1]" });
    expect(await response.json()).toEqual([1]);
  });
});

describe("S17: a broken middleware of h3", () => {
  const broken: readonly (readonly [string, H3Middleware])[] = [
    [
      "throws before next",
      () => {
        throw new Error("secret");
      },
    ],
    ["rejects before next", async () => Promise.reject(new Error("secret"))],
    [
      "throws an HTTPError of 500",
      () => {
        throw new HTTPError({ status: 500, message: "secret" });
      },
    ],
    [
      "rejects after next",
      async (_event, next) => {
        await next();
        throw new Error("secret");
      },
    ],
    [
      "rejects at once after it called next",
      async (_event, next) => {
        void next();
        throw new Error("secret");
      },
    ],
    ["returns Response.error()", () => Response.error()],
    ["returns what only looks like a Response", () => Object.create(Response.prototype)],
  ];

  test.each(broken)("%s: 500, and the log names it", async (_what, middleware) => {
    const fixture = await startWith(middleware);
    const document = await problem(await fetch(fixture.url));
    expect(document).toMatchObject({ status: 500, code: "INTERNAL", detail: "Internal server error." });
    expect(fixture.log).toHaveLength(1);
    expect(fixture.log[0]).toContain("The middleware 'mine' failed in");
  });

  test("TRACE, which the web's Request does not accept, answers 405", async () => {
    const fixture = await startWith((_event, next) => next());
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    request(fixture.url, { method: "TRACE" }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
    expect(await promise).toBe(405);
    expect(fixture.log).toEqual([]);
  });

  test("an HTTPError below 500 is answered with its status, headers and data", async () => {
    const { url } = await startWith(() => {
      throw new HTTPError({ status: 418, message: "tea", data: { pot: 1 }, headers: { "x-tea": "1" } });
    });
    const response = await fetch(url);
    expect(response.headers.get("x-tea")).toBe("1");
    expect(await problem(response)).toMatchObject({ status: 418, detail: "tea", data: { pot: 1 } });
  });
});
