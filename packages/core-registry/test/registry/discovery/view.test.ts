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

const shown = (directory: Directory, branch: string): Record<string, string> =>
  Object.fromEntries(
    [...directory.services.keys()].flatMap((service) => {
      const newest = view(branch, directory).candidates(service)[0];
      return newest === undefined ? [] : [[service, newest.fragment.hash]];
    }),
  );

describe("S9.1: what a branch shows", () => {
  const onMaster = fragmentOf({ service: "a", label: "master" });
  const onBranch = fragmentOf({ service: "a", label: "own", branch: "dongwook" });
  const other = fragmentOf({ service: "b", branch: "dongwook" });

  test("its own fragment, else master's; another branch's stay there", () => {
    let directory = withOffer(emptyDirectory, offerOf(onMaster, "n1"));
    expect(shown(directory, "dongwook")).toEqual({ a: onMaster.hash });
    directory = withOffer(withOffer(directory, offerOf(onBranch, "n2")), offerOf(other, "n3"));
    expect(shown(directory, "dongwook")).toEqual({ a: onBranch.hash, b: other.hash });
    expect(shown(directory, "master")).toEqual({ a: onMaster.hash });
    expect(shown(directory, "else")).toEqual({ a: onMaster.hash });
  });
});

describe("S9.2: the newest fragment is decided by data", () => {
  const old = fragmentOf({ service: "a", label: "old" });
  const young = fragmentOf({ service: "a", label: "young" });

  test("the higher revision, in whatever order they came", () => {
    const one = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 2));
    const other = withOffer(withOffer(emptyDirectory, offerOf(young, "n2", 2)), offerOf(old, "n1", 1));
    expect(shown(one, "master")).toEqual({ a: young.hash });
    expect(shown(other, "master")).toEqual({ a: young.hash });
  });

  test("with equal revisions the larger hash", () => {
    const larger = [old, young].sort((a, b) => (a.hash > b.hash ? -1 : 1))[0];
    const directory = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 1));
    expect(shown(directory, "master")).toEqual({ a: larger?.hash });
  });

  test("a node that starts again with a known fragment never makes that fragment newer", () => {
    let directory = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 2));
    directory = withoutOffer(withState(directory, "a", stillBroker, "n1", "left"), "a", stillBroker, "n1");
    directory = withOffer(directory, offerOf(old, "n1", 3));
    expect(shown(directory, "master")).toEqual({ a: young.hash });
  });

  test("when the nodes of the newest go, the one before it returns", () => {
    let directory = withOffer(withOffer(emptyDirectory, offerOf(old, "n1", 1)), offerOf(young, "n2", 2));
    directory = withState(directory, "a", stillBroker, "n2", "lost");
    expect(shown(directory, "master")).toEqual({ a: young.hash });
    expect(shown(withoutOffer(directory, "a", stillBroker, "n2"), "master")).toEqual({ a: old.hash });
  });
});
