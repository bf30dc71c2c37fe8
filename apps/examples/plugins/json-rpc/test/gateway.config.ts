import { jsonRpc } from "@tidegate/example-json-rpc";
import { defineConfig } from "@tidegate/gateway";

export default defineConfig({
  schema: { protocol: { JsonRpc: jsonRpc({ maxBatch: 20 }) } },
});
