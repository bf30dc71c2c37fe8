import { manualClock, testProtocol } from "@tidegate/plugin-testkit";
import { ticker } from "../src/index.ts";

const route = { path: "/:symbol", call: "stock.price", params: { symbol: "@path.symbol" }, seconds: 5 };

testProtocol({
  name: "S17: the protocol Ticker fulfils the contract of protocols",
  make: () => ticker({ clock: manualClock() }),
  actions: { "stock.price": ({ params }) => params.symbol },
  parts: [
    {
      input: { basePath: "/prices", routes: [route] },
      requests: [{ url: "/prices/acme", messages: [], received: ['"acme"'] }],
    },
  ],
  invalidParts: [
    { basePath: "/prices", routes: [{ ...route, seconds: 0 }] },
    { basePath: "/prices", routes: [{ path: "/", seconds: 5 }] },
  ],
});
