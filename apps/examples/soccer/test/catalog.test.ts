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

/** One of the demo's documents, as it is served. */
async function served(name: string): Promise<string> {
  const { status, text } = await run.ask("GET", `/~catalog/${name}`);
  expect(status).toBe(200);
  return text;
}

describe("S14.1: what the demo says of itself is well formed", () => {
  test("OpenAPI 3.1: the parser finds nothing", async () => {
    const document = JSON.parse(await served("openapi.json"));
    expect(Object.keys(document.paths).length).toBeGreaterThan(10);
    expect(await validate(document)).toMatchObject({ valid: true, warnings: [] });
  });

  test("AsyncAPI 3: the parser finds no error", async () => {
    const { document, diagnostics } = await new Parser().parse(await served("asyncapi.json"));
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    expect(document?.channels().all().length).toBeGreaterThan(1);
  });

  test("SDL: it is a schema, of all three services", async () => {
    const types = buildSchema(await served("schema.graphql")).getTypeMap();
    expect(Object.keys(types)).toEqual(expect.arrayContaining(["Player", "Team", "Match", "MatchEvent"]));
  });
});
