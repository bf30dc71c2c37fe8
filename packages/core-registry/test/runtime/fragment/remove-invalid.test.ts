import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { removeInvalid } from "../../../src/runtime/fragment/remove-invalid.ts";

const schema = z.strictObject({
  name: z.string().optional(),
  routes: z.array(
    z.strictObject({ path: z.string(), call: z.strictObject({ action: z.string() }).optional() }),
  ),
});

describe("S1: the valid rest of an invalid part", () => {
  test("removes invalid elements of a list and maps paths into the others to the original", async () => {
    const routes = [{ path: 1 }, { path: "/a" }, { path: "/b", call: { acton: "x" } }, { path: "/c" }];
    const rest = await removeInvalid(schema, { routes }, "protocol.T");
    expect(rest?.value).toEqual({ routes: [{ path: "/a" }, { path: "/c" }] });
    expect(rest?.originalPath("protocol.T.routes[0].path")).toBe("protocol.T.routes[1].path");
    expect(rest?.originalPath("protocol.T.routes[1]")).toBe("protocol.T.routes[3]");
    expect(rest?.originalPath("protocol.T.name")).toBe("protocol.T.name");
  });

  test("invalid members are removed; without a valid rest the result is undefined", async () => {
    expect((await removeInvalid(schema, { name: 5, nmae: "x", routes: [] }, ""))?.value).toEqual({
      routes: [],
    });
    expect(await removeInvalid(schema, { routes: 5 }, "")).toBeUndefined();
    expect(await removeInvalid(schema, "text", "")).toBeUndefined();
  });

  test("ends for any value, without changing it, and returns only what the schema accepts", async () => {
    const element = fc.oneof(fc.record({ path: fc.oneof(fc.string(), fc.nat()) }), fc.jsonValue());
    const value = fc.oneof(fc.record({ name: fc.jsonValue(), routes: fc.array(element) }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(value, async (input) => {
        const before = JSON.stringify(input);
        const rest = await removeInvalid(schema, input, "");
        if (rest !== undefined) expect(schema.safeParse(rest.value).success).toBe(true);
        expect(JSON.stringify(input)).toBe(before);
      }),
    );
  });
});
