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
import { emptyLedger, type Ledger } from "../../../src/registry/ledger/ledger.ts";
import type { Compilation } from "../../../src/registry/merge/types.ts";
import { compile } from "../../../src/registry/merge.ts";
import { fragmentOf, offerOf, stillBroker } from "../fragments.ts";
import { inputOf } from "../inputs.ts";

/**
 * What may happen in a system: fragments that are good, broken, in each other's way, or in need of each
 * other.
 */
type Happening =
  | { readonly type: "publish"; readonly offer: Offer }
  | { readonly type: "leave" | "lose"; readonly service: string; readonly node: string };

const services = ["a", "b", "c"];
const nodes = ["n1", "n2"];
const claim = fc.record({
  key: fc.constantFrom("GET /1", "GET /2", "type A", "type B"),
  needs: fc.array(fc.constantFrom("type A", "type B", "type C"), { maxLength: 1 }),
});
const sketch = fc.record({
  service: fc.constantFrom(...services),
  label: fc.constantFrom("1", "2"),
  branch: fc.constantFrom("master", "master", "dev"),
  claims: fc.uniqueArray(claim, { selector: ({ key }) => key, maxLength: 2 }),
  faulty: fc.boolean(),
});
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(sketch, fc.constantFrom(...nodes), fc.nat(3))
      .map(([{ faulty, claims, ...rest }, node, revision]): Happening => {
        const placed = claims.map((one) => ({ ...one, jsonPath: one.key }));
        const isFaulty = faulty && revision === 3;
        return {
          type: "publish",
          offer: offerOf(fragmentOf({ ...rest, claims: placed, faulty: isFaulty }), node, revision),
        };
      }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom("leave" as const, "lose" as const),
      service: fc.constantFrom(...services),
      node: fc.constantFrom(...nodes),
    }),
  },
);
/** Bursts: what is in one is merged at once. */
const history = fc.array(fc.array(happening, { minLength: 1, maxLength: 3 }), { maxLength: 8 });

function after(directory: Directory, one: Happening): Directory {
  if (one.type === "publish") return withOffer(directory, one.offer);
  const gone = withState(
    directory,
    one.service,
    stillBroker,
    one.node,
    one.type === "leave" ? "left" : "lost",
  );
  return withoutOffer(gone, one.service, stillBroker, one.node);
}

const waitingOf = ({ version }: Compilation): Record<string, readonly string[]> =>
  Object.fromEntries(version.fragments.map(({ service, waiting }) => [service, [...waiting].sort()]));
const outcome = (compilation: Compilation) => ({
  version: compilation.version.id,
  chosen: [...compilation.chosen].map(([service, { hash }]) => [service, hash]),
  waiting: waitingOf(compilation),
  refused: [...compilation.refused].map(([service, { fragment }]) => [service, fragment.hash]).sort(),
  contested: [...compilation.contested],
  accepted: [...compilation.ledger.accepted].sort(),
  owners: [...compilation.ledger.owners],
});

/** A gateway's branches, merged burst by burst as the registry does it. */
function gateway() {
  const parentTable = new ClaimTable();
  const last = new Map<string, Compilation>();
  const ledgerOf = (branch: string): Ledger => last.get(branch)?.ledger ?? emptyLedger;
  return {
    parentTable,
    last,
    async merge(directory: Directory) {
      for (const branch of ["master", "dev"]) {
        const before = { ledger: ledgerOf(branch), previous: last.get(branch) };
        const made = await compile(inputOf(directory, { branch, parentTable, ...before }));
        if (branch === "master") made.table.commit(directory);
        last.set(branch, made.compilation);
      }
    },
  };
}

describe("S9.4: over any history of arrivals, updates, departures and losses", () => {
  test("a merge gives what a merge from nothing gives, by directory and ledger alone", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (bursts) => {
        let directory = emptyDirectory;
        const one = gateway();
        for (const burst of bursts) {
          directory = burst.reduce(after, directory);
          const known = new Map(one.last);
          await one.merge(directory);
          const previous = known.get("master");
          const ledger = previous?.ledger ?? emptyLedger;
          const fresh = new ClaimTable();
          const master = await compile(inputOf(directory, { ledger, previous, parentTable: fresh }));
          expect(outcome(master.compilation)).toEqual(outcome(one.last.get("master") ?? master.compilation));
          master.table.commit(directory);
          const old = known.get("dev");
          const dev = await compile(
            inputOf(directory, {
              branch: "dev",
              ledger: old?.ledger ?? emptyLedger,
              previous: old,
              parentTable: fresh,
            }),
          );
          expect(outcome(dev.compilation)).toEqual(outcome(one.last.get("dev") ?? dev.compilation));
        }
      }),
      { numRuns: 150 },
    );
  });

  test("merging again changes nothing, on master and on another branch", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (bursts) => {
        const one = gateway();
        let directory = emptyDirectory;
        for (const burst of bursts) {
          directory = burst.reduce(after, directory);
          await one.merge(directory);
        }
        const before = new Map(one.last);
        await one.merge(directory);
        for (const branch of before.keys())
          expect(one.last.get(branch)?.version).toBe(before.get(branch)?.version);
      }),
    );
  });

  test("what is served never shrinks because of a fragment that is refused (S9.6)", async () => {
    await fc.assert(
      fc.asyncProperty(history, happening, async (bursts, next) => {
        fc.pre(next.type === "publish");
        const one = gateway();
        let directory = emptyDirectory;
        for (const burst of bursts) {
          directory = burst.reduce(after, directory);
          await one.merge(directory);
        }
        const before = one.last.get("master");
        await one.merge(after(directory, next));
        const refused = one.last.get("master")?.refused;
        for (const [service, fragment] of before?.chosen ?? []) {
          const now = one.last.get("master")?.chosen.get(service);
          if (refused?.has(service) === true && now?.hash !== fragment.hash)
            expect(now, `${service} was served, and is refused`).toBeDefined();
          if (next.type === "publish" && service !== next.offer.description.name) expect(now).toBeDefined();
        }
      }),
    );
  });

  test("S9.1: a branch depends on its own fragments and master's, never on another branch's", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (bursts) => {
        const [one, other] = [gateway(), gateway()];
        let [directory, without] = [emptyDirectory, emptyDirectory];
        for (const burst of bursts) {
          directory = burst.reduce(after, directory);
          without = burst
            .map((each): Happening => {
              // Where the branch publishes, nobody does.
              if (each.type !== "publish" || each.offer.fragment?.branch !== "dev") return each;
              return { type: "leave", service: each.offer.description.name, node: each.offer.node.id };
            })
            .reduce(after, without);
          await one.merge(directory);
          await other.merge(without);
        }
        expect([...(one.last.get("master")?.chosen.keys() ?? [])]).toEqual([
          ...(other.last.get("master")?.chosen.keys() ?? []),
        ]);
      }),
    );
  });
});
