import type { FragmentInput } from "@tidegate/core-registry";
import { expect, test } from "vitest";
// What types the part `REST` of a fragment.
import type { RestInput } from "../src/index.ts";

test("S13.1: a fragment is typed where the protocol's package is imported", () => {
  const part: RestInput = { basePath: "/x", routes: [{ method: "GET", path: "/", call: "x.get" }] };
  const good: FragmentInput = { branch: "master", protocol: { REST: part, Other: { any: "thing" } } };
  const routes = [{ method: "GOT", map: "x" }] as const;
  // @ts-expect-error: there is no such method
  const method: FragmentInput = { protocol: { REST: { basePath: "/", routes } } };
  // @ts-expect-error: `basePath` is a text
  const path: FragmentInput = { protocol: { REST: { basePath: 5 } } };
  // @ts-expect-error: `brunch` is no member
  const branch: FragmentInput = { brunch: "x" };
  expect([good, method, path, branch]).toHaveLength(4);
});
