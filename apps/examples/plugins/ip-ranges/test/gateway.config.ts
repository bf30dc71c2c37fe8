import { ipRanges } from "@tidegate/example-ip-ranges";
import { defineConfig } from "@tidegate/gateway";

export default defineConfig({
  schema: { policy: { ip: ipRanges() } },
  server: { context: { ip: { trustedProxies: ["10.0.0.1"] } } },
});
