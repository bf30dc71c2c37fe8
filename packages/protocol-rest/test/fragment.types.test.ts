import type { FragmentInput } from "@tidegate/core-registry";
import { expect, test } from "vitest";
// Declares the type of the part `REST`.
import type { RestInput } from "../src/index.ts";

test("S13.1: importing the protocol types its part of a fragment", () => {
  const part: RestInput = { basePath: "/x", routes: [{ method: "GET", path: "/", call: "x.get" }] };
  const good: FragmentInput = { branch: "master", protocol: { REST: part, Other: { any: "thing" } } };
  const routes = [{ method: "GOT", map: "x" }] as const;
  // @ts-expect-error: unknown method
  const method: FragmentInput = { protocol: { REST: { basePath: "/", routes } } };
  // @ts-expect-error: `basePath` is a string
  const path: FragmentInput = { protocol: { REST: { basePath: 5 } } };
  // @ts-expect-error: `brunch` is not a member
  const branch: FragmentInput = { brunch: "x" };
  expect([good, method, path, branch]).toHaveLength(4);
});
