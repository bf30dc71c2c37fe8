import { TidegateError } from "@tidegate/core-registry";
import { type MiddlewareSuite, testContext, testMiddleware } from "@tidegate/plugin-testkit";
import { basicAuth, type Middleware as H3Middleware, handleCors } from "h3";
import { SignJWT } from "jose";
import { authContext, fromH3, idContext, ipContext, jwt, requestContext } from "../src/index.ts";

const secret = "a secret of at least 32 bytes, for tests";
const token = await new SignJWT({ sub: "ann", scope: "player.read" })
  .setProtectedHeader({ alg: "HS256" })
  .setExpirationTime("1h")
  .sign(new TextEncoder().encode(secret));

testContext({
  name: "S12.4 the context auth fulfils its contract (S17)",
  make: () => authContext({ Bearer: jwt({ secret }) }),
  requests: [
    { request: {}, expect: undefined },
    {
      request: { headers: { authorization: `Bearer ${token}` } },
      expect: { identity: { sub: "ann" }, scope: "player.read", token },
      view: { identity: { sub: "ann" } },
    },
    { request: { headers: { authorization: "Basic YTpi" } }, expect: undefined },
    { request: { headers: { authorization: "Bearer abc" } }, fails: "TOKEN_INVALID" },
    { request: { headers: { authorization: ["Bearer a", "Bearer b"] } }, fails: "TOKEN_INVALID" },
  ],
  hidden: [token, '"token"'],
});

testContext({
  name: "S12.4 the context auth with a parser of its own fulfils its contract (S17)",
  make: () =>
    authContext({
      Key: ({ credentials }) => {
        if (credentials === "wrong") throw new TidegateError("TOKEN_INVALID");
        return { identity: { id: 7 }, expiresAt: Date.now() + 60_000 };
      },
    }),
  requests: [
    { request: { headers: { authorization: "key s3cret" } }, expect: { identity: { id: 7 } } },
    { request: { headers: { authorization: "Key wrong" } }, fails: "TOKEN_INVALID" },
  ],
  hidden: ["s3cret"],
});

testContext({
  name: "S12.3 the context request fulfils its contract (S17)",
  make: requestContext,
  requests: [
    {
      request: {
        url: "/players?team=blue",
        headers: { authorization: "Bearer s3cret", cookie: "session=s3cret", accept: "text/plain" },
      },
      expect: { method: "GET", path: "/players" },
      view: { path: "/players", query: { team: "blue" }, headers: { accept: "text/plain" } },
    },
  ],
  hidden: ["s3cret"],
});

testContext({
  name: "S12.3 the context id fulfils its contract (S17)",
  make: idContext,
  requests: [{ request: { headers: { "x-request-id": "request-1" } }, expect: "request-1" }, { request: {} }],
});

testContext({
  name: "S12.3 the context ip fulfils its contract (S17)",
  make: () => ipContext(["10.0.0.0/8", "::1"]),
  requests: [
    { request: { peer: { address: "192.0.2.1" } }, expect: "192.0.2.1" },
    {
      request: { peer: { address: "10.1.2.3" }, headers: { "x-forwarded-for": "198.51.100.7, 10.0.0.1" } },
      expect: "198.51.100.7",
    },
    {
      request: { peer: { address: "192.0.2.1" }, headers: { "x-forwarded-for": "198.51.100.7" } },
      expect: "192.0.2.1",
    },
  ],
});

const cors: H3Middleware = (event) => {
  const answered = handleCors(event, { origin: ["https://app.example.com"], methods: ["GET", "POST"] });
  return answered === false ? undefined : answered;
};

/** Adds the path that h3 reads as a header. */
const addPath: H3Middleware = async (event, next) => {
  const response = await next();
  if (response instanceof Response) response.headers.set("x-path", event.url.pathname);
  return response;
};

const fromH3Suites: Readonly<Record<string, MiddlewareSuite>> = {
  handleCors: {
    make: () => fromH3(cors, "cross-origin"),
    requests: [
      {
        request: { headers: { origin: "https://app.example.com" } },
        headers: { "access-control-allow-origin": "https://app.example.com" },
      },
      {
        request: {
          method: "OPTIONS",
          headers: { origin: "https://app.example.com", "access-control-request-method": "POST" },
        },
        answers: 204,
      },
    ],
  },
  basicAuth: {
    make: () => fromH3(basicAuth({ username: "ann", password: "s3cret" }), "basic-auth"),
    requests: [
      { request: { headers: { authorization: `Basic ${btoa("ann:s3cret")}` } } },
      { request: {}, fails: "UNAUTHENTICATED" },
    ],
  },
  "a middleware that waits for next()": {
    make: () => fromH3(addPath, "path"),
    requests: [
      {
        request: { url: "/players/7", headers: { host: "api.example.com" } },
        headers: { "x-path": "/players/7" },
      },
    ],
  },
};

for (const [name, suite] of Object.entries(fromH3Suites))
  testMiddleware({ name: `S12.2 ${name} by fromH3 fulfils the contract of middleware (S17)`, ...suite });
