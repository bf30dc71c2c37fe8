import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClaimTable } from "../../../src/registry/claims/claim-table.ts";
import {
  type Directory,
  emptyDirectory,
  type Offer,
  withOffer,
  withoutOffer,
  withState,
} from "../../../src/registry/discovery/directory.ts";
import { emptyLedger } from "../../../src/registry/ledger/ledger.ts";
import type { Compilation } from "../../../src/registry/merge/types.ts";
import { compile } from "../../../src/registry/merge.ts";
import { fragmentOf, offerOf, stillBroker } from "../fragments.ts";
import { inputOf } from "../inputs.ts";

type Happening = Offer | { readonly service: string; readonly node: string };

const services = fc.constantFrom("a", "b", "c", "d");
const node = fc.constantFrom("n1", "n2");
const claim = fc.record({
  key: fc.constantFrom("type A", "type B"),
  shared: fc.constantFrom("one", "other", undefined),
  needs: fc.array(fc.constantFrom("type A", "type B", "type C"), { maxLength: 1 }),
});
const sketch = fc.record({
  service: services,
  branch: fc.constantFrom("master", "master", "dev"),
  claims: fc.uniqueArray(claim, { selector: ({ key }) => key, maxLength: 2 }),
});
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(sketch, node, fc.nat(3)).map(([{ claims, ...rest }, on, revision]) => {
      const placed = claims.map(({ shared, ...one }) => ({
        ...one,
        jsonPath: one.key,
        ...(shared === undefined ? {} : { shared }),
      }));
      return offerOf(fragmentOf({ ...rest, claims: placed }), on, revision);
    }),
  },
  { weight: 1, arbitrary: fc.record({ service: services, node }) },
);

function after(directory: Directory, one: Happening): Directory {
  if ("description" in one) return withOffer(directory, one);
  const { service, node } = one;
  return withoutOffer(withState(directory, service, stillBroker, node, "left"), service, stillBroker, node);
}

const outcome = ({ version, chosen, refused, contested, ledger }: Compilation) => ({
  chosen: [...chosen].map(([service, { hash }]) => [service, hash]),
  waiting: version.fragments.map(({ service, waiting }) => [service, [...waiting].sort()]),
  refused: [...refused].map(([service, { fragment }]) => [service, fragment.hash]).sort(),
  contested: [...contested],
  accepted: [...ledger.accepted].sort(),
  owners: [...ledger.owners],
});

describe("S9.4, S9.6: claims that several services can own together", () => {
  test("are resolved the same from the last merge and from nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 12 }), async (happenings) => {
        const parentTable = new ClaimTable();
        const last = new Map<string, Compilation>();
        let directory = emptyDirectory;
        for (const one of happenings) {
          directory = after(directory, one);
          const fresh = new ClaimTable();
          for (const branch of ["master", "dev"]) {
            const previous = last.get(branch);
            const before = { branch, previous, ledger: previous?.ledger ?? emptyLedger };
            const made = await compile(inputOf(directory, { ...before, parentTable }));
            const anew = await compile(inputOf(directory, { ...before, parentTable: fresh }));
            expect(outcome(made.compilation)).toEqual(outcome(anew.compilation));
            if (branch === "master") {
              made.table.commit(directory);
              anew.table.commit(directory);
            }
            last.set(branch, made.compilation);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
