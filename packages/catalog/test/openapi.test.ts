import { validate } from "@readme/openapi-parser";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import type { JsonObject, JsonSchema } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { openApiDocument } from "../src/openapi.ts";
import { directoryOf, endpointOf, versionOf } from "./fixture.ts";

const directory = directoryOf({
  "player.get": { type: "object", properties: { id: { type: "integer" } }, required: ["id"] },
  "player.create": {
    type: "object",
    properties: { name: { type: "string" }, team: { type: ["integer", "null"] } },
    required: ["name"],
  },
});

const rule = (description: string, requirements: Record<string, string[]>) => ({
  description,
  names: ["**"],
  origin: { service: "player", hash: "", jsonPath: "policy.call[0]" },
  requirements,
});

const endpoints = [
  endpointOf("GET /players/:id"),
  endpointOf(
    "PUT /players/:name",
    { params: { id: "@path.name" } },
    { deprecated: true, description: "*Old.*" },
  ),
  endpointOf("GET /players", { action: "player.list" }),
  endpointOf("GET /scores/:season?", { action: "score.list" }),
  endpointOf("POST /players", {
    action: "player.create",
    rules: [rule("Only coaches make players.", { scope: ["coach", "admin"] })],
  }),
  endpointOf("POST /goals", { kind: "publish", events: ["goal"], params: { by: "@body.player:number" } }),
  endpointOf("GET /files/**", { kind: "map" }),
  endpointOf("PATCH /players/:id", { rules: [rule("Your own.", { filter: [] })] }),
];

function memberOf(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((inner, key) => Object(inner)[key], value);
}

function operationOf(document: JsonObject, path: string, method: string): unknown {
  return memberOf(document, "paths", path, method);
}

/** Schemas as services declare them, of which no validator of OpenAPI 3.1 accepts all. */
const oddSchemas: readonly (readonly [what: string, schema: JsonSchema])[] = [
  ["a tuple without items", { type: "array" }],
  ["a tuple of an older draft", { type: "array", items: [{ type: "string" }, true], additionalItems: false }],
  ["negative lengths", { type: "string", minLength: -1, maxLength: -5 }],
  ["lengths with a fraction", { type: "array", minItems: 0.5, maxItems: 1.5 }],
  ["lengths that are texts", { type: "string", minLength: "3" }],
  ["infinite limits", { type: "number", minimum: -Infinity, maximum: Number.NaN, multipleOf: 0 }],
  ["limits of an older draft", { type: "number", minimum: 1, exclusiveMinimum: true }],
  ["a date as default", { type: "string", format: "date-time", default: new Date(0) }],
  ["an invalid date", { type: "string", default: new Date(Number.NaN) }],
  ["a big integer as default", { type: "integer", default: 5n }],
  ["a function and a Map as default", { default: () => 1, examples: new Map() }],
  ["unknown types", { type: "forbidden", properties: { a: { type: ["string", "class"] }, b: { type: [] } } }],
  ["no value at all", { enum: [] }],
  ["an invalid regular expression", { type: "string", pattern: "(", patternProperties: { "[": {} } }],
  ["texts where lists are expected", { required: "all", enum: "a", anyOf: "b", allOf: [], oneOf: [] }],
  ["required twice", { type: "object", required: ["a", "a", 5] }],
  ["no schemas", { anyOf: [5, null, "x", { type: "string" }], properties: { a: 5, b: null, c: true } }],
  ["words of OpenAPI 3.0", { type: "string", nullable: true, discriminator: 5, xml: [], externalDocs: "x" }],
  ["words of validators", { type: "string", optional: true, custom: "x", messages: { required: 1 } }],
  ["references", { anyOf: [{ $ref: "#/nowhere" }], $defs: { a: { $ref: "x" } }, not: { $ref: "#" } }],
  [
    "a title and a description that are no texts",
    { title: 5, description: {}, format: [], deprecated: "no" },
  ],
  ["itself", circularSchema()],
].map(([what, schema]) => [String(what), Object(schema)]);

function circularSchema(): object {
  const schema = { type: "object", properties: {} };
  Object.assign(schema.properties, { self: schema, list: { type: "array", items: schema } });
  return schema;
}

/** The document as a client receives it; the test fails where a validator refuses it. */
async function valid(document: JsonObject): Promise<JsonObject> {
  const source = JSON.stringify({ ...document, servers: [{ url: "/" }] });
  expect(await validate(JSON.parse(source))).toMatchObject({ valid: true });
  const problems = await lintFromString({ source, config: await createConfig({ extends: ["spec"] }) });
  expect(problems.map(({ message, location }) => [message, location[0]?.pointer])).toEqual([]);
  return JSON.parse(source);
}

describe("the OpenAPI document of a version (S14.1)", () => {
  const document: JsonObject = {
    ...openApiDocument(versionOf(endpoints), directory),
    servers: [{ url: "/" }],
  };

  test("is valid for @readme/openapi-parser and redocly", async () => {
    await valid(document);
  });

  test("the two validators find a document that is wrong (this test can fail)", async () => {
    const wrong = {
      ...document,
      paths: { "/a/{b}": { get: { responses: { "200": { $ref: "#/nowhere" } } } } },
    };
    const config = await createConfig({ extends: ["spec"] });
    const problems = await lintFromString({ source: JSON.stringify(wrong), config });
    expect(problems.length).toBeGreaterThan(0);
  });

  test("shows every route, also those that differ in a regular expression only", async () => {
    const routes = [
      endpointOf("GET /players/:id(\\d+)", { action: "player.get" }),
      endpointOf("GET /players/:name([a-z]{2,5})", { action: "player.find" }),
      endpointOf("PUT /players/:name([a-z]{2,5})", { action: "player.rename" }),
      endpointOf("GET /players/:any", { action: "player.any" }),
      endpointOf("GET /players/**", { action: "player.rest" }),
      endpointOf("GET /:rest/files/**", { action: "file.get" }),
      endpointOf("GET /seasons/:a?/:b?", { action: "season.get" }),
    ];
    const all = await valid(openApiDocument(versionOf(routes), directory));
    const shown = Object.entries(Object(all.paths)).flatMap(([path, operations]) =>
      Object.entries(Object(operations)).map(
        ([method, operation]) => `${method} ${path} ${memberOf(operation, "x-connectors", "0", "action")}`,
      ),
    );
    expect(shown).toEqual([
      "get /players/{any}#3 player.any",
      "get /players/{id} player.get",
      "put /players/{id} player.rename",
      "get /players/{name}#2 player.find",
      "get /players/{rest}#4 player.rest",
      "get /seasons season.get",
      "get /seasons/{a} season.get",
      "get /seasons/{a}/{b} season.get",
      "get /{rest}/files/{rest2} file.get",
    ]);
    expect(operationOf(all, "/players/{name}#2", "get")).toMatchObject({
      operationId: "getPlayersByName",
      parameters: [{ name: "name", in: "path", schema: { pattern: "^(?:[a-z]{2,5})$" } }],
    });
    expect(operationOf(all, "/players/{id}", "put")).toMatchObject({
      parameters: [{ name: "id", in: "path", schema: { pattern: "^(?:[a-z]{2,5})$" } }],
    });
  });

  test.each(oddSchemas)("stays valid with the params of one action: %s", async (_what, declared) => {
    const odd = { type: "object", properties: { odd: declared, fine: { type: "integer" } } };
    const actions = directoryOf({ "player.odd": odd, "player.root": declared });
    const routes = [
      endpointOf("GET /odd", { action: "player.odd" }),
      endpointOf("POST /odd", { action: "player.odd" }),
      endpointOf("POST /root", { action: "player.root", params: "@body", implicitParams: false }),
      endpointOf("GET /root", { action: "player.root" }),
      endpointOf("GET /path/:odd", { action: "player.odd" }),
    ];
    const all = await valid(openApiDocument(versionOf(routes), actions));
    expect(Object.keys(Object(all.paths))).toEqual(["/odd", "/path/{odd}", "/root"]);
    expect(operationOf(all, "/odd", "get")).toMatchObject({
      parameters: [{ name: "odd" }, { name: "fine", schema: { type: "integer" } }],
    });
  });

  test("names the endpoint, its service, connector and group", () => {
    expect(operationOf(document, "/players/{id}", "get")).toMatchObject({
      operationId: "getPlayersById",
      summary: "GET /players/:id",
      tags: ["player"],
      parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }],
      security: [],
      "x-service": "player",
      "x-connectors": [{ kind: "call", action: "player.get" }],
    });
    expect(document.tags).toEqual([{ name: "player", description: "Players." }]);
  });

  test("paths of one shape become one path, with the names of the first", () => {
    expect(Object.keys(Object(document.paths))).not.toContain("/players/{name}");
    expect(operationOf(document, "/players/{id}", "put")).toMatchObject({
      deprecated: true,
      description: "*Old.*",
      parameters: [{ name: "id", in: "path", schema: { type: "integer" } }],
    });
  });

  test("an optional parameter makes two paths, each with its own operation", () => {
    expect(operationOf(document, "/scores", "get")).toMatchObject({ operationId: "getScores" });
    expect(operationOf(document, "/scores/{season}", "get")).toMatchObject({
      operationId: "getScoresBySeason",
    });
  });

  test("the implicit params of a POST are its body", () => {
    expect(memberOf(operationOf(document, "/players", "post"), "requestBody")).toEqual({
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            properties: { name: { type: "string" }, team: { type: ["integer", "null"] } },
            required: ["name"],
          },
        },
      },
    });
  });

  test("each scope of a rule is an alternative; x-rules lists descriptions", () => {
    expect(operationOf(document, "/players", "post")).toMatchObject({
      security: [{ bearer: ["coach"] }, { bearer: ["admin"] }],
      "x-rules": ["Only coaches make players."],
    });
  });

  test("a rule with only a function does not require a token, and the function stays hidden", () => {
    expect(operationOf(document, "/players/{id}", "patch")).toMatchObject({ security: [{}, { bearer: [] }] });
    expect(JSON.stringify(document)).not.toContain("filter");
  });

  test("every operation lists problem+json responses", () => {
    expect(memberOf(operationOf(document, "/players", "post"), "responses")).toMatchObject({
      "401": { $ref: "#/components/responses/Unauthenticated" },
      "403": { $ref: "#/components/responses/Forbidden" },
      default: { $ref: "#/components/responses/Problem" },
    });
    expect(Object.keys(Object(memberOf(document, "components", "responses", "Problem", "content")))).toEqual([
      "application/problem+json",
    ]);
  });

  test("a version without endpoints has a valid document", async () => {
    const empty = { ...openApiDocument(versionOf([]), directory), servers: [{ url: "/" }] };
    expect(await validate(JSON.parse(JSON.stringify(empty)))).toMatchObject({ valid: true });
  });
});
