import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/contracts/logger.ts";
import type { Branch } from "../../../src/registry/branches/branch.ts";
import { createMergeQueue, type MergeQueue } from "../../../src/registry/merge/merge-queue.ts";
import { fragment, labels, registryOn, servedBy, setUp } from "../kit.ts";
import { noSandbox, paths } from "../plugins.ts";

/** A path whose compiling waits until it is let go. */
function held() {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const holding: typeof paths = {
    ...paths,
    compile: async (input, tools) => {
      if (input.paths.includes("/held")) {
        reached.resolve();
        await gate.promise;
      }
      return await paths.compile(input, tools);
    },
  };
  return { protocols: [holding], reached: reached.promise, letGo: gate.resolve };
}

describe("S9.4: pins made at the same time", () => {
  test("on two services of a branch are both kept", async () => {
    const { bus, registry } = setUp();
    for (const revision of [1, 2])
      for (const name of ["a", "b"]) {
        bus.node("n1").publish({ name, revision, fragment: fragment(`/${name}${revision}`) });
        if (revision === 1 && name === "b") await registry.start();
      }
    const first = (await servedBy(registry)).version.fragments;
    await registry.settled();
    const hashes = new Map(first.map(({ service, hash }) => [service, hash]));
    await Promise.all([...hashes].map(([service, to]) => registry.pin({ branch: "master", service, to })));
    expect(labels(registry)).toEqual(["GET /a1", "GET /b1"]);
    expect(
      registry
        .branches()[0]
        ?.pins.map(({ service }) => service)
        .sort(),
    ).toEqual(["a", "b"]);
  });
});

describe("S9.4: two gateways that pin the same at the same time", () => {
  test.each([undefined, "a"])(
    "agree on one of both, for the branch or a service of it (%s)",
    async (service) => {
      const { bus, clock, registry } = setUp();
      const { registry: other } = registryOn(bus.gateway("other"), clock, { gateway: "gateway-0" });
      bus.node("n1").publish({ name: "a", revision: 1, fragment: fragment("/1") });
      await registry.start();
      await other.start();
      const first = (await servedBy(registry)).version;
      bus.node("n1").publish({ name: "a", revision: 2, fragment: fragment("/2") });
      await Promise.all([registry.settled(), other.settled()]);
      const second = (await servedBy(registry)).version;
      const idOf = ({ id, fragments }: typeof first) =>
        service === undefined ? id : (fragments[0]?.hash ?? "");
      const target = { branch: "master", ...(service === undefined ? {} : { service }) };
      await Promise.all([
        registry.pin({ ...target, to: idOf(first) }),
        other.pin({ ...target, to: idOf(second) }),
      ]);
      await Promise.all([registry.settled(), other.settled()]);
      expect(registry.branches()[0]?.pins).toEqual([{ ...target, to: idOf(first) }]);
      expect(other.branches()[0]?.pins).toEqual(registry.branches()[0]?.pins);
      expect(labels(other)).toEqual(labels(registry));
      await other.unpin(target);
      for (const each of [registry, other]) expect(labels(each)).toEqual(["GET /2"]);
    },
  );
});

describe("S12.1: a gateway that stops", () => {
  test("while its sandbox starts, starts no broker any more", async () => {
    const gate = Promise.withResolvers<void>();
    const clock = manualClock();
    const bus = memoryBroker({ clock });
    let started = 0;
    const broker = {
      ...bus.broker,
      start: async (sink: Parameters<typeof bus.broker.start>[0]) => {
        started++;
        await bus.broker.start(sink);
      },
    };
    const { registry } = registryOn(broker, clock, {
      sandbox: { ...noSandbox, start: () => gate.promise },
    });
    const starting = registry.start();
    const stopping = registry.stop();
    gate.resolve();
    await Promise.all([starting, stopping]);
    expect(started).toBe(0);
  });

  test("leaves no timer", async () => {
    const { bus, clock, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/x") });
    bus.node("n2").publish({ name: "b", fragment: fragment("/x") });
    bus.node("n3").publish({ name: "b", fragment: { branch: "dev", ...fragment("/dev") } });
    await registry.start();
    bus.node("n1").crash();
    await registry.settled();
    await registry.stop();
    expect(clock.pending).toBe(0);
  });

  test("rejects the tasks that wait", async () => {
    const { reached, letGo, protocols } = held();
    const { bus, registry } = setUp({ protocols });
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    await registry.start();
    const hash = (await servedBy(registry)).version.fragments[0]?.hash ?? "";
    const trial = registry.check({ service: "b", fragment: fragment("/held") });
    await reached;
    const stopped = registry.stop();
    const pin = registry.pin({ branch: "master", service: "a", to: hash });
    letGo();
    await stopped;
    const outcomes = await Promise.allSettled([trial, pin]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});

/** A branch of which merging alone is of interest. */
function mergedBranch(name: string, merge: () => Promise<void>): Branch {
  const unused = (): never => {
    throw new TypeError("Merging asks for nothing else.");
  };
  return {
    name,
    merge,
    usedAt: 0,
    compilation: undefined,
    served: undefined,
    versions: [],
    ledger: { accepted: new Map(), owners: new Map(), pins: new Map(), pinOrigins: new Map() },
    isUnresolved: false,
    get snapshot() {
      return unused();
    },
    find: unused,
    dryRun: unused,
    setLedger: unused,
    pin: unused,
    evict: unused,
    release: unused,
  };
}

/** Master, whose every merge is followed by the next one, until the test is content. */
function restless(): { readonly merges: MergeQueue; readonly master: Branch; readonly end: () => void } {
  let isOver = false;
  const merges = createMergeQueue({
    runtime: { logger: silentLogger },
    fragmentsRead: async () => undefined,
  });
  const master = mergedBranch("master", async () => {
    await new Promise(setImmediate);
    if (!isOver) merges.enqueue(master, "now");
  });
  merges.start();
  merges.enqueue(master, "now");
  return {
    merges,
    master,
    end: () => {
      isOver = true;
    },
  };
}

describe("S9.3: while master changes all the time", () => {
  test("a task that must not run beside a merge gets its turn", async () => {
    const { merges, end } = restless();
    expect(await merges.runExclusive(async () => "done")).toBe("done");
    end();
    await merges.settled();
  });

  test("a caller that waits for master waits for one merge that starts afterwards", async () => {
    const { merges, master, end } = restless();
    await merges.whenMerged(master);
    end();
    await merges.settled();
  });
});
