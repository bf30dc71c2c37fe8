import { describe, expect, test } from "vitest";
import {
  type Directory,
  emptyDirectory,
  withOffer,
  withoutOffer,
  withState,
} from "../../../src/registry/discovery/directory.ts";
import { view } from "../../../src/registry/discovery/view.ts";
import { fragmentOf, offerOf, stillBroker } from "../fragments.ts";

const newestHashes = (directory: Directory, branch: string): Record<string, string> =>
  Object.fromEntries(
    [...directory.services.keys()].flatMap((service) => {
      const newest = view(branch, directory).candidates(service)[0];
      return newest === undefined ? [] : [[service, newest.fragment.hash]];
    }),
  );

describe("S9.1: the view of a branch", () => {
  const onMaster = fragmentOf({ service: "a", label: "master" });
  const onBranch = fragmentOf({ service: "a", label: "own", branch: "dongwook" });
  const other = fragmentOf({ service: "b", branch: "dongwook" });

  test("has the branch's own fragment, else that of master, never that of another branch", () => {
    let directory = withOffer(emptyDirectory, offerOf(onMaster, "n1"));
    expect(newestHashes(directory, "dongwook")).toEqual({ a: onMaster.hash });
    directory = withOffer(withOffer(directory, offerOf(onBranch, "n2")), offerOf(other, "n3"));
    expect(newestHashes(directory, "dongwook")).toEqual({ a: onBranch.hash, b: other.hash });
    expect(newestHashes(directory, "master")).toEqual({ a: onMaster.hash });
    expect(newestHashes(directory, "else")).toEqual({ a: onMaster.hash });
  });
});

describe("S9.2: the newest fragment", () => {
  const old = fragmentOf({ service: "a", label: "old" });
  const young = fragmentOf({ service: "a", label: "young" });

  test("has the highest revision, in whatever order the fragments came", () => {
    const one = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 2));
    const other = withOffer(withOffer(emptyDirectory, offerOf(young, "n2", 2)), offerOf(old, "n1", 1));
    expect(newestHashes(one, "master")).toEqual({ a: young.hash });
    expect(newestHashes(other, "master")).toEqual({ a: young.hash });
  });

  test("has the larger hash where revisions are equal", () => {
    const larger = [old, young].sort((a, b) => (a.hash > b.hash ? -1 : 1))[0];
    const directory = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 1));
    expect(newestHashes(directory, "master")).toEqual({ a: larger?.hash });
  });

  test("does not change when a node restarts with a known fragment", () => {
    let directory = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 2));
    directory = withoutOffer(withState(directory, "a", stillBroker, "n1", "left"), "a", stillBroker, "n1");
    directory = withOffer(directory, offerOf(old, "n1", 3));
    expect(newestHashes(directory, "master")).toEqual({ a: young.hash });
  });

  test("is the previous one after the nodes of the newest are gone", () => {
    let directory = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 2));
    directory = withState(directory, "a", stillBroker, "n2", "lost");
    expect(newestHashes(directory, "master")).toEqual({ a: young.hash });
    expect(newestHashes(withoutOffer(directory, "a", stillBroker, "n2"), "master")).toEqual({ a: old.hash });
  });
});
