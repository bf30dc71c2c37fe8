import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Protocol } from "../../../src/contracts/protocol.ts";
import {
  type Directory,
  emptyDirectory,
  type Offer,
  withOffer,
  withoutOffer,
  withState,
} from "../../../src/registry/discovery/directory.ts";
import { emptyLedger, type Ledger } from "../../../src/registry/ledger/ledger.ts";
import type { Compilation, CompileInput } from "../../../src/registry/merge/types.ts";
import { compile } from "../../../src/registry/merge.ts";
import { type FragmentSpec, fragmentOf, offerOf, stillBroker } from "../fragments.ts";
import { inputOf, stillProtocol } from "../inputs.ts";

const compileOf = async (
  directory: Directory,
  ledger: Ledger = emptyLedger,
  previous?: Compilation,
): Promise<Compilation> => (await compile(inputOf(directory, { ledger, previous }))).compilation;

const directoryOf = (...offers: Offer[]): Directory => offers.reduce(withOffer, emptyDirectory);
const chosen = (compilation: Compilation): Record<string, string> =>
  Object.fromEntries([...compilation.chosen].map(([service, { hash }]) => [service, hash]));

describe("S9.6: a fragment that cannot be merged affects no other service", () => {
  const owner = fragmentOf({ service: "b", claims: ["GET /x"] });
  const challenger = fragmentOf({ service: "a", claims: ["GET /x", "GET /y"] });

  test("the owner keeps a contested claim, and the claimant's report names the owner", async () => {
    const before = await compileOf(directoryOf(offerOf(owner, "n1", 9)));
    const after = await compileOf(
      directoryOf(offerOf(owner, "n1", 9), offerOf(challenger, "n2", 1)),
      before.ledger,
      before,
    );
    expect(chosen(after)).toEqual({ b: owner.hash });
    expect(after.version).toBe(before.version);
    expect(after.refused.get("a")?.findings).toMatchObject([
      {
        code: "CLAIM_TAKEN",
        jsonPath: "protocol.T.GET /x",
        message: "The service `b` already owns `GET /x` (T).",
      },
    ]);
    expect(after.ledger.owners).toEqual(new Map([["T GET /x", "b"]]));
  });

  test("the claimant gets it when the owner leaves", async () => {
    const both = directoryOf(offerOf(owner, "n1", 1), offerOf(challenger, "n2", 2));
    const before = await compileOf(both);
    const gone = withoutOffer(withState(both, "b", stillBroker, "n1", "left"), "b", stillBroker, "n1");
    expect(chosen(await compileOf(gone, before.ledger, before))).toEqual({ a: challenger.hash });
  });

  test("without a ledger the lower revision owns it, then the first name", async () => {
    expect(
      chosen(await compileOf(directoryOf(offerOf(owner, "n1", 1), offerOf(challenger, "n2", 2)))),
    ).toEqual({ b: owner.hash });
    expect(
      chosen(await compileOf(directoryOf(offerOf(owner, "n1", 1), offerOf(challenger, "n2", 1)))),
    ).toEqual({ a: challenger.hash });
  });

  test("where a new fragment gives up a claim, both fragments are accepted in one merge", async () => {
    const before = await compileOf(directoryOf(offerOf(owner, "n1", 1)));
    const moved = fragmentOf({ service: "b", label: "2", claims: ["GET /z"] });
    const after = await compileOf(
      directoryOf(offerOf(moved, "n1", 3), offerOf(challenger, "n2", 2)),
      before.ledger,
      before,
    );
    expect(chosen(after)).toEqual({ a: challenger.hash, b: moved.hash });
  });

  test("S9.2: the last good fragment stays while its service has any node on the branch", async () => {
    const before = await compileOf(directoryOf(offerOf(owner, "n1", 1)));
    const broken = fragmentOf({ service: "b", label: "2", faulty: true });
    const after = await compileOf(directoryOf(offerOf(broken, "n1", 2)), before.ledger, before);
    expect(after.version).toBe(before.version);
    expect(after.refused.get("b")?.fragment).toBe(broken);
    expect(chosen(await compileOf(emptyDirectory, after.ledger, after))).toEqual({});
  });

  test("several services can own identical shared definitions", async () => {
    const shared = (service: string) =>
      fragmentOf({ service, claims: [{ key: "type PageInfo", jsonPath: "x", shared: "same" }] });
    const after = await compileOf(directoryOf(offerOf(shared("a"), "n1"), offerOf(shared("b"), "n2")));
    expect([...after.chosen.keys()].sort()).toEqual(["a", "b"]);
  });
});

describe("S9.4: the same directory and ledger give the same version", () => {
  const services = ["a", "b", "c"];
  const sketch: fc.Arbitrary<FragmentSpec> = fc.record({
    service: fc.constantFrom(...services),
    label: fc.constantFrom("1", "2"),
    claims: fc.uniqueArray(fc.constantFrom("GET /1", "GET /2", "GET /3"), { maxLength: 2 }),
    faulty: fc.boolean(),
  });
  const offer = fc
    .tuple(sketch, fc.constantFrom("n1", "n2"), fc.nat(3))
    .map(([one, node, revision]) => offerOf(fragmentOf(one), node, revision));
  const offers = fc.uniqueArray(offer, {
    selector: (one) => `${one.description.name} ${one.node.id}`,
    maxLength: 6,
  });

  test("whatever the order in which services came", async () => {
    await fc.assert(
      fc.asyncProperty(offers, fc.infiniteStream(fc.nat()), async (all, noise) => {
        const shuffled = [...all]
          .map((one) => [noise.next().value, one] as const)
          .sort(([x], [y]) => x - y)
          .map(([, one]) => one);
        const one = await compileOf(directoryOf(...all));
        const other = await compileOf(directoryOf(...shuffled));
        expect(other.version.id).toBe(one.version.id);
        expect(other.ledger).toEqual(one.ledger);
      }),
    );
  });

  test("merging again changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(offers, async (all) => {
        const directory = directoryOf(...all);
        const once = await compileOf(directory);
        const twice = await compileOf(directory, once.ledger, once);
        expect(twice.version).toBe(once.version);
        expect(twice.ledger).toEqual(once.ledger);
      }),
    );
  });

  test("what is served never shrinks because of a fragment that is refused", async () => {
    await fc.assert(
      fc.asyncProperty(offers, offer, async (all, next) => {
        const before = await compileOf(directoryOf(...all));
        const after = await compileOf(withOffer(directoryOf(...all), next), before.ledger, before);
        const others = [...before.chosen.keys()].filter((service) => service !== next.description.name);
        for (const service of others) expect(after.chosen.has(service)).toBe(true);
      }),
    );
  });
});

describe("S9.6: a fragment that cannot be assembled", () => {
  const faulty = (service: string): Protocol => ({
    ...stillProtocol,
    assemble: (parts, { addFinding }) => {
      const bad = parts.find(({ compiled }) => compiled.claims?.some(({ key }) => key === "bad"));
      const error = { severity: "error", code: "BAD", jsonPath: "", message: "It is bad." } as const;
      if (bad !== undefined) addFinding(service === "" ? bad.origin : { ...bad.origin, service }, error);
      return {};
    },
  });
  const assembled = async (service: string, pluginFailed: CompileInput["pluginFailed"] = () => undefined) => {
    const directory = directoryOf(
      offerOf(fragmentOf({ service: "a", claims: ["bad"] }), "n1"),
      offerOf(fragmentOf({ service: "b", claims: ["good"] }), "n2"),
    );
    return (await compile(inputOf(directory, { protocols: [faulty(service)], pluginFailed }))).compilation;
  };

  test("is refused, and everything else is assembled again", async () => {
    const { chosen: used, refused, version } = await assembled("");
    expect([...used.keys()]).toEqual(["b"]);
    expect(refused.get("a")?.findings).toMatchObject([{ code: "BAD" }]);
    expect(version.endpoints.map(({ key }) => key)).toEqual(["good"]);
  });

  test("S17: a protocol that blames a fragment it was not given is logged, and refuses none", async () => {
    const failures: unknown[] = [];
    const { chosen: used, refused } = await assembled("unknown", (error) => void failures.push(error));
    expect([...used.keys()]).toEqual(["a", "b"]);
    expect(refused.size).toBe(0);
    expect(failures).toMatchObject([
      {
        code: "PLUGIN_FAILED",
        message: expect.stringContaining("refused a fragment of the service 'unknown' that it was not given"),
      },
    ]);
  });
});
