import { testContext } from "@tidegate/plugin-testkit";
import { tenant } from "../src/index.ts";

testContext({
  name: "S17: the context tenant fulfils the contract of contexts",
  make: () => tenant({ domain: "example.com" }),
  requests: [
    { request: { headers: { host: "acme.example.com:8080" } }, expect: { name: "acme" }, view: "acme" },
    { request: { headers: { host: "example.com" } } },
    { request: {} },
  ],
  hidden: ["8080"],
});
