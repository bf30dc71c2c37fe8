import { testProtocol } from "@tidegate/plugin-testkit";
import { jsonRpc } from "../src/index.ts";

const get = { method: "player.get", call: "player.get", params: { id: "@args.id:number" } };
const request = { jsonrpc: "2.0", id: 1, method: "player.get", params: { id: 7 } };

testProtocol({
  name: "S17: the protocol JsonRpc fulfils the contract of protocols",
  make: () => jsonRpc(),
  actions: { "player.get": ({ params }) => params },
  parts: [
    {
      input: { methods: [get] },
      documented: { methods: [{ ...get, description: "Returns one player.", deprecated: true }] },
      requests: [
        { method: "POST", url: "/rpc", json: request, status: 200, body: { id: 1, result: { id: 7 } } },
      ],
    },
    { input: { methods: [{ method: "player.list", call: "player.get" }] } },
  ],
  invalidParts: [
    { methods: [{ method: "rpc.x", call: "player.get" }] },
    { methods: [{ method: "player.none" }] },
  ],
});
