import { readConfig } from "@tidegate/gateway";
import { expect, test } from "vitest";
import config from "./gateway.config.ts";

test("S17: in the configuration file, the protocol has its own name", () => {
  expect(readConfig(config).schema.protocol.JsonRpc).toMatchObject({ name: "JsonRpc" });
});
