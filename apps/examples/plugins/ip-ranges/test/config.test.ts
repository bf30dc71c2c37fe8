import { readConfig } from "@tidegate/gateway";
import { expect, test } from "vitest";
import config from "./gateway.config.ts";

test("S17: in the configuration file, the policy has its own name", () => {
  expect(readConfig(config).schema.policy.ip).toMatchObject({ name: "ip" });
});
