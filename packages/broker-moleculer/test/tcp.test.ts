import { testBroker } from "@tidegate/plugin-testkit";
import { createSystem, freePorts, gatewayId, tcpOptions } from "./support/system.ts";

testBroker({
  name: "Moleculer on TCP keeps the contract (S13.1)",
  timeout: 30_000,
  make: async (ids) => {
    const names = [gatewayId, ...ids];
    const found = await freePorts(names.length);
    const ports = new Map(names.map((name, index) => [name, found[index] ?? 0]));
    return createSystem((nodeID) => tcpOptions(nodeID, ports));
  },
});
