import { validate } from "@readme/openapi-parser";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import type { JsonObject } from "@tidegate/core-registry";
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

describe("the OpenAPI document of a version (S14.1)", () => {
  const document: JsonObject = {
    ...openApiDocument(versionOf(endpoints), directory),
    servers: [{ url: "/" }],
  };

  test("is valid for @readme/openapi-parser and redocly", async () => {
    expect(await validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: true });
    const config = await createConfig({ extends: ["spec"] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ message, location }) => [message, location[0]?.pointer])).toEqual([]);
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
