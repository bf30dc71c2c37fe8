import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Protocol } from "../../../src/contracts/protocol.ts";
import { ClaimTable } from "../../../src/registry/claims/claim-table.ts";
import { emptyDirectory, withOffer } from "../../../src/registry/discovery/directory.ts";
import { compile } from "../../../src/registry/merge.ts";
import { fragmentOf, offerOf } from "../fragments.ts";
import { inputOf } from "../inputs.ts";

/** A protocol that finds `old` at fault as soon as `young` is there too: not the one that changed. */
const blamesTheOld: Protocol = {
  contract: 2,
  name: "T",
  schema: z.unknown(),
  compile: () => ({}),
  assemble: (parts, { addFinding }) => {
    const old = parts.find(({ origin }) => origin.service === "old");
    if (old !== undefined && parts.some(({ origin }) => origin.service === "young"))
      addFinding(old.origin, {
        severity: "error",
        code: "T_BROKEN",
        jsonPath: "",
        message: "It does not fit.",
      });
    return {};
  },
};
const protocols = [blamesTheOld];
const claims = ["GET /x"];
const old = withOffer(emptyDirectory, offerOf(fragmentOf({ service: "old" }), "n1"));

/** Master as it is while `old` is there alone. */
async function before() {
  const parentTable = new ClaimTable();
  const made = await compile(inputOf(old, { protocols, parentTable }));
  made.table.commit(old);
  return { parentTable, previous: made.compilation, ledger: made.compilation.ledger };
}

describe("S9.6: where a new fragment makes a served one faulty", () => {
  test("the compilation ends, on master", async () => {
    const both = withOffer(old, offerOf(fragmentOf({ service: "young", claims }), "n2"));
    const { compilation } = await compile(inputOf(both, { protocols, ...(await before()) }));
    expect([...compilation.refused.keys()]).toEqual(["old"]);
    expect([...compilation.chosen.keys()]).toEqual(["young"]);
  });

  test("the compilation ends, on a branch that shows master's fragment", async () => {
    const { parentTable } = await before();
    const young = fragmentOf({ service: "young", branch: "dev", claims });
    const both = withOffer(old, offerOf(young, "n2"));
    const { compilation } = await compile(inputOf(both, { protocols, parentTable, branch: "dev" }));
    expect([...compilation.refused.keys()]).toEqual(["old"]);
    expect([...compilation.chosen.keys()]).toEqual(["young"]);
  });
});
