import type { Assembled, GatewayPage, HttpRequest, NotServed, Reply, Served } from "@tidegate/core-registry";
import { createScope } from "@tidegate/core-registry/runtime";
import { expect, test } from "vitest";
import { catalog } from "../src/index.ts";
import { directoryOf, endpointOf, versionOf } from "./fixture.ts";

const fragmentSchema = { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" };
const pages = catalog({ registry: { fragmentSchema: () => fragmentSchema } });
const served: Served = {
  version: versionOf([endpointOf("GET /players/:id")]),
  directory: directoryOf({ "player.get": { type: "object", properties: { id: { type: "integer" } } } }),
};

async function ask(path: string, what: Served | NotServed, base = ""): Promise<Reply> {
  const page = pages.find((one: GatewayPage) => one.path === path);
  if (page === undefined) throw new Error(`no page: ${path}`);
  const request = requestOf(path, base);
  const { directory } = served;
  const scope = createScope({
    branch: "master",
    version: "",
    base,
    directory,
    request,
    factories: new Map(),
  });
  return await page.handle(request, scope, what);
}

function requestOf(path: string, base: string): HttpRequest {
  const never = () => Promise.reject(new Error("not read"));
  return {
    method: "GET",
    url: path,
    path,
    base,
    params: {},
    query: {},
    header: (name) => (name === "host" ? "api.example.com:8080" : undefined),
    headers: [],
    body: {
      type: undefined,
      json: never,
      text: never,
      form: never,
      parts: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
      raw: () => {
        throw new Error("not read");
      },
    },
    peer: { address: "127.0.0.1", encrypted: false },
  };
}

test("S9.11: access is local by default", () => {
  expect(pages.map(({ path, access }) => [path, access])).toEqual([
    ["/~catalog/openapi.json", "local"],
    ["/~catalog/asyncapi.json", "local"],
    ["/~catalog/schema.graphql", "local"],
    ["/~catalog/fragment.json", "local"],
  ]);
  const registry = { fragmentSchema: () => fragmentSchema };
  expect(catalog({ registry, access: { scope: "admin" } })[0]?.access).toEqual({ scope: "admin" });
});

test("S14.1: openapi.json describes the requested branch and version", async () => {
  const reply = await ask("/~catalog/openapi.json", served, "/~next@aaaaaaaa");
  expect(reply.headers).toEqual([["content-type", "application/json"]]);
  expect(JSON.parse(String(reply.body))).toMatchObject({
    openapi: "3.1.1",
    info: { version: "aaaaaaaa" },
    servers: [{ url: "/~next@aaaaaaaa" }],
    paths: { "/players/{id}": { get: { operationId: "getPlayersById" } } },
  });
});

test("S14.1: asyncapi.json describes the requested branch and version, at the requested host", async () => {
  const reply = await ask("/~catalog/asyncapi.json", served, "/~next");
  expect(reply.headers).toEqual([["content-type", "application/json"]]);
  expect(JSON.parse(String(reply.body))).toMatchObject({
    asyncapi: "3.0.0",
    info: { version: "aaaaaaaa" },
    servers: { gateway: { host: "api.example.com:8080", protocol: "ws", pathname: "/~next" } },
    channels: {},
  });
});

test("S14.1: a document of a protocol is served unchanged, or the page responds with 404", async () => {
  const share: Assembled = {
    routes: [],
    endpoints: [],
    documents: { "schema.graphql": "type Query { a: Int }" },
  };
  const version = { ...served.version, assembled: new Map([["GraphQL", share]]) };
  expect(await ask("/~catalog/schema.graphql", { ...served, version })).toEqual({
    status: 200,
    headers: [["content-type", "text/plain; charset=utf-8"]],
    body: "type Query { a: Int }",
  });
  await expect(ask("/~catalog/schema.graphql", served)).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: "No protocol of this version provides schema.graphql.",
  });
});

test("params that an action declares can change without a new version", async () => {
  const directory = directoryOf({ "player.get": { type: "object", properties: { id: { type: "string" } } } });
  const reply = await ask("/~catalog/openapi.json", { ...served, directory });
  expect(String(reply.body)).toContain('"schema":{"type":"string"}');
});

test("a missing branch or version is a problem with its own code", async () => {
  await expect(ask("/~catalog/openapi.json", { missing: "branch" })).rejects.toMatchObject({
    code: "BRANCH_UNKNOWN",
  });
  await expect(ask("/~catalog/openapi.json", { missing: "tag" })).rejects.toMatchObject({
    code: "VERSION_UNKNOWN",
  });
  await expect(ask("/~catalog/openapi.json", { missing: "starting" })).rejects.toMatchObject({
    code: "STARTING",
  });
});

test("S1.5: fragment.json is the registry's fragment schema, also while no version is served", async () => {
  const reply = await ask("/~catalog/fragment.json", { missing: "starting" });
  expect(reply.headers).toEqual([["content-type", "application/schema+json"]]);
  expect(JSON.parse(String(reply.body))).toEqual(fragmentSchema);
});
