import type { Documents, GatewayPage, HttpRequest, NotServed, Reply, Served } from "@tidegate/core-registry";
import { createScope } from "@tidegate/core-registry/runtime";
import { expect, test } from "vitest";
import { type CatalogSource, catalog } from "../src/index.ts";
import { directoryOf, endpointOf, versionOf } from "./fixture.ts";

const fragmentSchema = { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" };
const registry: CatalogSource = { fragmentSchema: () => fragmentSchema, documents: async () => ({}) };
const pages = catalog({ registry });
const served: Served = {
  version: versionOf([endpointOf("GET /players/:id")]),
  directory: directoryOf({ "player.get": { type: "object", properties: { id: { type: "integer" } } } }),
};

async function ask(path: string, what: Served | NotServed, base = "", from = pages): Promise<Reply> {
  const page =
    from.find((one: GatewayPage) => one.path === path) ??
    from.find((one) => one.prefix === true && path.startsWith(`${one.path}/`));
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

/** The pages of a gateway whose protocols offer these documents of the served version. */
function documentPages(documents: Documents): readonly GatewayPage[] {
  return catalog({
    registry: {
      ...registry,
      documents: async ({ version }) => (version === served.version ? documents : {}),
    },
  });
}

test("S9.11: access is local by default", () => {
  expect(pages.map(({ path, access }) => [path, access])).toEqual([
    ["/~catalog/openapi.json", "local"],
    ["/~catalog/asyncapi.json", "local"],
    ["/~catalog/fragment.json", "local"],
    ["/~catalog", "local"],
  ]);
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
  const withDocuments = documentPages({ "schema.graphql": "type Query { a: Int }" });
  expect(await ask("/~catalog/schema.graphql", served, "", withDocuments)).toEqual({
    status: 200,
    headers: [["content-type", "text/plain; charset=utf-8"]],
    body: "type Query { a: Int }",
  });
  await expect(ask("/~catalog/schema.graphql", served)).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: "No protocol of this version provides schema.graphql.",
  });
});

test.each([
  ["openrpc.json", "application/json; charset=utf-8"],
  ["api.yaml", "application/yaml; charset=utf-8"],
  ["api.yml", "application/yaml; charset=utf-8"],
  ["readme.md", "text/markdown; charset=utf-8"],
  ["page.html", "text/plain; charset=utf-8"],
  ["valueOf", "text/plain; charset=utf-8"],
])("S14.1: the document %s of a protocol has the media type %s", async (name, type) => {
  const { headers, body } = await ask(`/~catalog/${name}`, served, "", documentPages({ [name]: "text" }));
  expect([headers, body]).toEqual([[["content-type", type]], "text"]);
});

test.each(["constructor", "toString"])("S14.1: %s is no document where no protocol has it", async (name) => {
  await expect(ask(`/~catalog/${name}`, served)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("S14.1: /~catalog lists the documents of the requested version", async () => {
  const reply = await ask(
    "/~catalog",
    served,
    "",
    documentPages({ "schema.graphql": "", "openrpc.json": "" }),
  );
  expect(JSON.parse(String(reply.body))).toEqual({
    documents: ["asyncapi.json", "fragment.json", "openapi.json", "openrpc.json", "schema.graphql"],
  });
  await expect(ask("/~catalog", { missing: "branch" })).rejects.toMatchObject({ code: "BRANCH_UNKNOWN" });
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
