import { testPolicy } from "@tidegate/plugin-testkit";
import { scope } from "../src/index.ts";

const as = (granted: unknown) => ({ context: { auth: { scope: granted } } });

testPolicy({
  name: "S7.3 the policy scope fulfils its contract (S17)",
  make: scope,
  rules: [
    {
      rule: { scope: ["player.read", "player.write"] },
      allows: [as(["player.read"]), as("openid player.write"), as(["x", "player.write"])],
      denies: [as([]), as("player"), as(["player.*"]), as(undefined), { context: { auth: undefined } }, {}],
    },
    { rule: { scopes: ["player.read"] }, allows: [as("player.read")], denies: [as("player.write"), {}] },
    { rule: { scope: ["**"] }, kind: "subscribe", allows: [{}, as([])] },
    {
      rule: { scope: ["team.read"] },
      kind: "publish",
      allows: [as(["team.read"])],
      denies: [as("player.read")],
    },
  ],
  invalidRules: [{ scope: [] }, { scope: "player.read" }, { scope: [""] }, { scope: ["a"], scopes: ["a"] }],
  changes: [
    { before: { scope: ["a"] }, after: { scope: ["**"] }, access: "wider" },
    { before: { scope: ["a", "b"] }, after: { scope: ["b"] }, access: "narrower" },
    { before: { scope: ["a"] }, after: { scope: ["b"] }, access: "unclear" },
  ],
});
