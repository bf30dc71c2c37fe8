import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { salvage } from "../../../src/runtime/fragment/salvage.ts";

const schema = z.strictObject({
  name: z.string().optional(),
  routes: z.array(
    z.strictObject({ path: z.string(), call: z.strictObject({ action: z.string() }).optional() }),
  ),
});

describe("S1: what is left of a faulty part is looked through too", () => {
  test("faulty elements of a list are taken out, and places in the others are told as they were written", async () => {
    const routes = [{ path: 1 }, { path: "/a" }, { path: "/b", call: { acton: "x" } }, { path: "/c" }];
    const rest = await salvage(schema, { routes }, "protocol.T");
    expect(rest?.value).toEqual({ routes: [{ path: "/a" }, { path: "/c" }] });
    expect(rest?.original("protocol.T.routes[0].path")).toBe("protocol.T.routes[1].path");
    expect(rest?.original("protocol.T.routes[1]")).toBe("protocol.T.routes[3]");
    expect(rest?.original("protocol.T.name")).toBe("protocol.T.name");
  });

  test("faulty members are taken out; where nothing is left that makes sense, nothing is given", async () => {
    expect((await salvage(schema, { name: 5, nmae: "x", routes: [] }, ""))?.value).toEqual({ routes: [] });
    expect(await salvage(schema, { routes: 5 }, "")).toBeUndefined();
    expect(await salvage(schema, "text", "")).toBeUndefined();
  });

  test("whatever the value, it ends, changes nothing, and gives only what the schema accepts", async () => {
    const element = fc.oneof(fc.record({ path: fc.oneof(fc.string(), fc.nat()) }), fc.jsonValue());
    const value = fc.oneof(fc.record({ name: fc.jsonValue(), routes: fc.array(element) }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(value, async (input) => {
        const before = JSON.stringify(input);
        const rest = await salvage(schema, input, "");
        if (rest !== undefined) expect(schema.safeParse(rest.value).success).toBe(true);
        expect(JSON.stringify(input)).toBe(before);
      }),
    );
  });
});
