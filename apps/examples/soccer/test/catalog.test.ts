import { Parser } from "@asyncapi/parser";
import { validate } from "@readme/openapi-parser";
import { buildSchema } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Run, startRun } from "./support/run.ts";

let run: Run;
beforeAll(async () => {
  run = await startRun();
});
afterAll(() => run?.soccer.stop());

/** Requests a document of the catalog. */
async function fetchDocument(name: string): Promise<string> {
  const { status, text } = await run.ask("GET", `/~catalog/${name}`);
  expect(status).toBe(200);
  return text;
}

describe("S14.1: the catalog of the demo", () => {
  test("OpenAPI 3.1: the document is valid, without warnings", async () => {
    const document = JSON.parse(await fetchDocument("openapi.json"));
    expect(Object.keys(document.paths).length).toBeGreaterThan(10);
    expect(await validate(document)).toMatchObject({ valid: true, warnings: [] });
  });

  test("AsyncAPI 3: the document is valid", async () => {
    const { document, diagnostics } = await new Parser().parse(await fetchDocument("asyncapi.json"));
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    expect(document?.channels().all().length).toBeGreaterThan(1);
  });

  test("SDL: the schema contains the types of all three services", async () => {
    const types = buildSchema(await fetchDocument("schema.graphql")).getTypeMap();
    expect(Object.keys(types)).toEqual(expect.arrayContaining(["Player", "Team", "Match", "MatchEvent"]));
  });
});
