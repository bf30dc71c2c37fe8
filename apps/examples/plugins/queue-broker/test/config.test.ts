import { readConfig } from "@tidegate/gateway";
import { expect, test } from "vitest";
import config from "./gateway.config.ts";

test("S17: in the configuration file, the broker has its own name", () => {
  expect(readConfig(config).brokers[0]).toMatchObject({ name: "queue" });
});
