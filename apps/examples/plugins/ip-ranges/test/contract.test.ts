import { testPolicy } from "@tidegate/plugin-testkit";
import { ipRanges } from "../src/index.ts";

testPolicy({
  name: "S17: the policy ip fulfils the contract of policies",
  make: ipRanges,
  rules: [
    {
      rule: { ip: ["10.0.0.0/8"] },
      allows: [{ context: { ip: "10.1.2.3" } }, { context: { ip: "::ffff:10.1.2.3" } }],
      denies: [{ context: { ip: "11.1.2.3" }, code: "FORBIDDEN" }, { context: { ip: "no address" } }],
    },
  ],
  invalidRules: [{ ip: [] }, { ip: ["10.0.0.0/33"] }, { ip: ["localhost"] }],
  changes: [
    { before: { ip: ["10.0.0.0/8"] }, after: { ip: ["10.0.0.0/8", "::1"] }, access: "wider" },
    { before: { ip: ["10.0.0.0/8"] }, after: { ip: ["10.1.0.0/16"] }, access: "narrower" },
  ],
});
