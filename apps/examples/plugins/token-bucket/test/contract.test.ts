import { manualClock, testPolicy } from "@tidegate/plugin-testkit";
import { tokenBucket } from "../src/index.ts";

const access = { context: { ip: "10.0.0.1" } };

testPolicy({
  name: "S17: the policy rateLimit fulfils the contract of policies",
  make: () => tokenBucket({ clock: manualClock() }),
  rules: [
    {
      rule: { rateLimit: { perSecond: 1, burst: 1 } },
      allows: [access],
      denies: [{ ...access, code: "RATE_LIMITED" }],
    },
  ],
  invalidRules: [
    { rateLimit: { perSecond: 0, burst: 1 } },
    { rateLimit: { perSecond: 1, burst: 1, by: "kye" } },
  ],
});
