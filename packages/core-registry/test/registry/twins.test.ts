import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { ContextFactory } from "../../src/contracts/context.ts";
import type { Policy } from "../../src/contracts/policy.ts";
import type { Protocol } from "../../src/contracts/protocol.ts";
import type { RegistryOptions } from "../../src/registry/contract.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { noSandbox } from "./plugins.ts";

const protocol = (name: string, parts: Partial<Protocol> = {}): Protocol => ({
  contract: 2,
  name,
  schema: z.unknown(),
  compile: () => ({}),
  ...parts,
});
const policy = (name: string, members: readonly string[] = [name]): Policy => ({
  contract: 2,
  name,
  members,
  schema: z.unknown(),
  compile: () => ({ decide: () => true }),
});
const context = (name: string): ContextFactory => ({ contract: 2, name, create: () => name });

function create(options: Partial<RegistryOptions>) {
  const clock = manualClock();
  return () =>
    createRegistry({
      gateway: "gateway-1",
      brokers: [memoryBroker({ clock }).broker],
      protocols: [],
      policies: [],
      sandbox: noSandbox,
      contexts: [],
      clock,
      ...options,
    });
}

describe("S17: plugins that cannot be used together are refused", () => {
  test.each<[string, Partial<RegistryOptions>]>([
    ["Two protocol plugins have the name 'RPC'.", { protocols: [protocol("RPC"), protocol("RPC")] }],
    ["Two policy plugins have the name 'ip'.", { policies: [policy("ip"), policy("ip", ["other"])] }],
    [
      "Two policy plugins have the name 'ip'.",
      { policies: [policy("ip")], disabledPolicies: [policy("ip", ["other"])] },
    ],
    [
      "The policy plugins 'ip' and 'net' both have the rule member 'net'.",
      { policies: [policy("ip", ["ip", "net"]), policy("net")] },
    ],
    ["Two context plugins have the name 'tenant'.", { contexts: [context("tenant"), context("tenant")] }],
    [
      "Two context plugins have the name 'tenant'.",
      { contexts: [context("tenant")], protocols: [protocol("RPC", { contexts: [context("tenant")] })] },
    ],
    [
      "The protocol plugins 'RPC' and 'SOAP' both reserve '/rpc'.",
      {
        protocols: [protocol("RPC", { reserved: ["/rpc"] }), protocol("SOAP", { reserved: ["/x", "/rpc"] })],
      },
    ],
  ])("%s", (message, options) => {
    expect(create(options)).toThrow(expect.objectContaining({ code: "PLUGIN_INVALID", message }));
  });

  test("different ones are not", () => {
    expect(
      create({
        protocols: [
          protocol("RPC", { reserved: ["/rpc", "/rpc"] }),
          protocol("SOAP", { reserved: ["/soap"] }),
        ],
        policies: [policy("ip"), policy("net")],
        contexts: [context("tenant"), context("user")],
      }),
    ).not.toThrow();
  });
});
