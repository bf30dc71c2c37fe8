import { knownFunctions, testPolicy } from "@tidegate/plugin-testkit";
import { filter } from "../src/index.ts";

interface Input {
  readonly params: { readonly id: number };
  readonly context: { readonly auth: { readonly id: number } };
}

const sandbox = knownFunctions();
const own = sandbox.text(({ params, context }: Input) => params.id === context.auth.id, {
  reads: [
    ["params", "id"],
    ["context", "auth", "id"],
  ],
});
const known = sandbox.text(({ context }: Input) => context.auth.id > 0, {
  reads: [["context", "auth", "id"]],
});
const anything = sandbox.text(({ params }: Input) => params.id === 7, { reads: "all" });

testPolicy({
  name: "S7.4 the policy filter fulfils its contract (S17)",
  make: filter,
  sandbox,
  rules: [
    {
      rule: { filter: own },
      allows: [{ params: { id: 1 }, context: { auth: { id: 1 } } }],
      denies: [{ params: { id: 2 }, context: { auth: { id: 1 } } }],
    },
    {
      rule: { filter: known },
      allows: [{ context: { auth: { id: 1 } } }],
      denies: [{ context: { auth: { id: 0 } } }],
    },
    {
      rule: { filter: anything },
      kind: "publish",
      allows: [{ params: { id: 7 } }],
      denies: [{ params: { id: 8 } }],
    },
  ],
  invalidRules: [{}, { filter: "" }, { filter: 7 }, { filter: "(" }, { filter: "() => true", more: 1 }],
});
