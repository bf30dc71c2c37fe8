import { expect, test } from "vitest";
import type { Endpoint } from "../../../src/contracts/endpoint.ts";
import type { Method } from "../../../src/contracts/request.ts";
import { originOf, urlsOf } from "../../../src/registry/reports/urls.ts";

const endpoint = (label: string, more: Partial<Endpoint>): Endpoint => ({
  protocol: "REST",
  key: label,
  label,
  connectors: [],
  origin: { service: "player", hash: "", jsonPath: "" },
  group: { name: "player" },
  fingerprint: "",
  ...more,
});
const http = (method: Method, path: string): Endpoint =>
  endpoint(`${method} ${path}`, { http: { method, path } });
const shown = (...endpoints: readonly Endpoint[]) => ({
  branch: "master",
  endpoints,
  waiting: [],
  changes: [],
});
const origin = "http://127.0.0.1:8080";

test("S10.1: URLs are complete, and a parameter has a value that its regex accepts", () => {
  expect(
    urlsOf(
      shown(
        http("GET", "/players/:id"),
        http("GET", "/teams/:name([a-z]+)/players/:page?"),
        http("GET", "/never/:code([0-9]{40})"),
        http("POST", "/players"),
        http("GET", "/"),
      ),
      origin,
    ),
  ).toEqual([
    "http://127.0.0.1:8080/",
    "POST http://127.0.0.1:8080/players",
    "http://127.0.0.1:8080/players/1",
    "http://127.0.0.1:8080/teams/a/players",
  ]);
});

test("S10.1: sockets and GraphQL, on the branch of the fragment; what waits has no URL", () => {
  const endpoints = [
    endpoint("WS /feed", { websocket: { path: "/feed" } }),
    endpoint("Query.player", { graphql: { type: "Query", field: "player" } }),
    endpoint("Query.players", { graphql: { type: "Query", field: "players" } }),
    endpoint("Player.team", { graphql: { type: "Player", field: "team" } }),
    http("GET", "/waits"),
  ];
  expect(urlsOf({ ...shown(...endpoints), branch: "preview", waiting: ["GET /waits"] }, origin)).toEqual([
    "ws://127.0.0.1:8080/~preview/feed",
    "http://127.0.0.1:8080/~preview/graphql",
  ]);
});

test("S10.1: what the merge changed comes first", () => {
  const change = { kind: "added", plugin: "REST", label: "GET /new/:id", level: "safe" } as const;
  const endpoints = [http("GET", "/old"), http("GET", "/new/:id")];
  expect(urlsOf({ ...shown(...endpoints), changes: [change] }, origin)).toEqual([
    "http://127.0.0.1:8080/new/1",
    "http://127.0.0.1:8080/old",
  ]);
});

test.each([
  ["127.0.0.1", "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["0.0.0.0", "http://0.0.0.0:8080", "http://localhost:8080"],
  ["::", "http://[::]:8080", "http://localhost:8080"],
])("S10.1: a listener on %s", (host, url, expected) => {
  expect(originOf([{ protocol: "http", host, port: 8080, url }])).toBe(expected);
});

test("S10.1: without a listener the report shows paths", () => {
  expect(urlsOf(shown(http("GET", "/players")), originOf([]))).toEqual(["/players"]);
});
