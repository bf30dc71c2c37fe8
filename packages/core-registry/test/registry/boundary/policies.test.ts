import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { requestScope } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { CompiledRule, Policy } from "../../../src/contracts/policy.ts";
import type { HttpRequest } from "../../../src/contracts/request.ts";
import { anyPolicy, type PluginSetUp, pathsProtocol, setUpPlugins } from "./kit.ts";

/** Values that the types forbid: plugins in JavaScript return them all the same. */
const wrong = (value: unknown) => value as never;
const throwing = (): never => {
  throw new Error("boom");
};

const guarded = {
  policy: { call: [{ actions: ["**"], ask: "who", description: "Only friends." }] },
  protocol: { Paths: { paths: ["/guarded"] } },
};

/** Runs a full garbage collection. */
const collectGarbage: () => void = exposedGc();

function exposedGc(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** Requests the guarded route of a fragment with a policy, as a client without a name. */
async function request({ registry }: PluginSetUp, path = "/guarded"): Promise<unknown> {
  const { version, directory } = registry.find("master", undefined) as never as {
    version: {
      routes: (readonly { path: string; handle: (...args: unknown[]) => unknown }[])[];
      rules: never;
    };
    directory: never;
  };
  const route = version.routes.flat().find((one) => one.path === path);
  const scope = requestScope({}, { directory, rules: version.rules });
  const reply = (await route?.handle({} as HttpRequest, scope)) as { readonly body: string };
  return JSON.parse(reply.body);
}

describe("S17, S7: a rule that a policy fails to compile refuses the fragment", () => {
  test.each<readonly [kind: string, compile: Policy["compile"], reason: string]>([
    ["throws", throwing, "boom"],
    ["rejects", () => Promise.reject(new Error("boom")), "boom"],
    ["returns nothing", () => wrong(undefined), "it returned undefined instead of a compiled rule"],
    ["returns true", () => wrong(true), "a boolean instead of a compiled rule"],
    ["returns a function", () => wrong(() => true), "a function instead of a compiled rule"],
    ["returns no decide", () => wrong({}), "no function `decide`"],
    ["returns a text as decide", () => wrong({ decide: "yes" }), "no function `decide`"],
    ["returns an unknown cache", () => wrong({ decide: () => true, cache: "always" }), "`cache`"],
    ["returns a text as reads", () => wrong({ decide: () => true, reads: "auth" }), "`reads`"],
    [
      "returns a date in requirements",
      () => wrong({ decide: () => true, requirements: Number.NaN }),
      "plain JSON",
    ],
    ["returns a text as dispose", () => wrong({ decide: () => true, dispose: "x" }), "`dispose`"],
  ])("compile %s", async (_, compile, reason) => {
    const setUp = await setUpPlugins({ policies: [anyPolicy("ask", { compile })] });
    setUp.publish("one", guarded);
    setUp.publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await setUp.registry.settled();
    expect(setUp.served()).toEqual(["GET /good"]);
    const [finding] = setUp.reportOf("one")?.findings ?? [];
    expect(finding).toMatchObject({ code: "PLUGIN_FAILED", jsonPath: "policy.call[0]" });
    expect(finding?.message).toContain(reason);
    expect(setUp.lines.join("\n")).toContain("The policy plugin 'ask' failed in 'compile'");
  });

  test("compile that never settles: others are served, the fragment is refused after the limit", async () => {
    const { publish, bus, clock, served } = await setUpPlugins({
      policies: [anyPolicy("ask", { compile: () => new Promise(() => undefined) })],
    });
    publish("one", guarded);
    publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await bus.node("node-good").waitForReport();
    expect(served()).toEqual(["GET /good"]);
    clock.advance(10_000);
    const report = await bus.node("node-one").waitForReport();
    expect(report.findings[0]?.message).toContain(
      "The policy plugin 'ask' failed in 'compile': it did not finish",
    );
  });
});

describe("S17, S7: a policy that fails to decide denies", () => {
  test.each<readonly [kind: string, decide: CompiledRule["decide"], reason: string | undefined]>([
    ["throws", throwing, "boom"],
    ["rejects", () => Promise.reject(new Error("boom")), "boom"],
    ["returns nothing", () => wrong(undefined), "it returned undefined instead of a verdict"],
    ["returns 1", () => wrong(1), "it returned a number instead of a verdict"],
    ["returns a text", () => wrong("yes"), "it returned a string instead of a verdict"],
    ["returns an object without `allowed`", () => wrong({}), "it returned an object instead of a verdict"],
    ["returns a text as `allowed`", () => wrong({ allowed: "true" }), "instead of a verdict"],
    [
      "returns NaN as `retryAfter`",
      () => ({ allowed: true, retryAfter: Number.NaN }),
      "instead of a verdict",
    ],
    ["resolves with nothing", () => wrong(Promise.resolve()), "it returned undefined instead of a verdict"],
    ["returns false", () => false, undefined],
    ["resolves with false", async () => false, undefined],
  ])("decide %s", async (_, decide, reason) => {
    const setUp = await setUpPlugins({ policies: [anyPolicy("ask", { compile: () => ({ decide }) })] });
    setUp.publish("one", guarded);
    await setUp.registry.settled();
    await expect(request(setUp)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: "Refused by this rule: Only friends.",
    });
    if (reason === undefined) expect(setUp.lines).toEqual([]);
    else {
      expect(setUp.lines.join("\n")).toContain("The policy plugin 'ask' failed in 'decide'");
      expect(setUp.lines.join("\n")).toContain(reason);
    }
    // The developer of the service did nothing wrong.
    expect(setUp.bus.node("node-one").reports.map(({ occasion }) => occasion)).toEqual(["merge"]);
  });

  test.each<readonly [kind: string, decide: CompiledRule["decide"]]>([
    ["true", () => true],
    ["a promise of true", async () => true],
    ["a verdict", () => ({ allowed: true })],
  ])("decide that returns %s allows", async (_, decide) => {
    const setUp = await setUpPlugins({ policies: [anyPolicy("ask", { compile: () => ({ decide }) })] });
    setUp.publish("one", guarded);
    await setUp.registry.settled();
    expect(await request(setUp)).toBe("one");
  });

  test("equal failures are logged once a minute, with their number", async () => {
    const setUp = await setUpPlugins({
      policies: [anyPolicy("ask", { compile: () => ({ decide: throwing }) })],
    });
    setUp.publish("one", guarded);
    await setUp.registry.settled();
    for (let time = 0; time < 5; time++) await request(setUp).catch(() => undefined);
    expect(setUp.lines).toHaveLength(1);
    setUp.clock.advance(60_000);
    await request(setUp).catch(() => undefined);
    expect(setUp.lines).toHaveLength(2);
    expect(setUp.lines[1]).toContain("(4 more in the last minute)");
  });

  test("compare that fails: the change counts as wider, and the log names the policy", async () => {
    const compares: Policy["compare"][] = [throwing, () => wrong("narrow")];
    for (const compare of compares) {
      const setUp = await setUpPlugins({ policies: [anyPolicy("ask", { ...(compare && { compare }) })] });
      const withAsk = (ask: string): unknown => ({
        policy: { call: [{ actions: ["**"], ask }] },
        protocol: { Paths: { paths: ["/guarded"] } },
      });
      setUp.publish("one", withAsk("a"));
      await setUp.registry.settled();
      setUp.publish("one", withAsk("b"));
      await setUp.registry.settled();
      expect(setUp.reportOf("one")).toMatchObject({ state: "succeeded", changes: [{ level: "dangerous" }] });
      expect(setUp.lines.join("\n")).toContain("The policy plugin 'ask' failed in 'compare'");
    }
  });
});

describe("S17: start and dispose", () => {
  test("a rule is started once before it is served, and disposed with the gateway", async () => {
    const events: string[] = [];
    const served: string[][] = [];
    const setUp = await setUpPlugins({
      policies: [
        anyPolicy("ask", {
          start: () => void events.push("policy start"),
          dispose: () => void events.push("policy dispose"),
          compile: () => ({
            decide: () => true,
            start: async () => {
              served.push([...setUp.served()]);
              events.push("rule start");
            },
            dispose: () => void events.push("rule dispose"),
          }),
        }),
      ],
    });
    setUp.publish("one", guarded);
    await setUp.registry.settled();
    setUp.publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await setUp.registry.settled();
    await setUp.registry.check({ service: "other", fragment: guarded });
    expect(events).toEqual(["policy start", "rule start"]);
    expect(served).toEqual([[]]);
    await setUp.registry.stop();
    expect(events).toEqual(["policy start", "rule start", "rule dispose", "policy dispose"]);
  });

  test("a rule that no version uses any more is disposed, after a grace period", async () => {
    const events: string[] = [];
    const setUp = await setUpPlugins({
      maxVersions: 1,
      policies: [
        anyPolicy("ask", {
          compile: (rule) => {
            const { ask } = rule as { readonly ask: string };
            return { decide: () => true, start: () => undefined, dispose: () => void events.push(ask) };
          },
        }),
      ],
    });
    const asking = (ask: string): unknown => ({
      policy: { call: [{ actions: ["**"], ask }] },
      protocol: { Paths: { paths: [`/${ask}`] } },
    });
    setUp.publish("one", asking("old"));
    await setUp.registry.settled();
    setUp.publish("one", asking("new"));
    await setUp.registry.settled();
    // The registry keeps the last few compiled fragments, since their nodes can come back.
    for (let index = 0; index < 20; index++) {
      setUp.publish(`other-${index}`, { protocol: { Paths: { paths: [`/other/${index}`] } } });
      await setUp.registry.settled();
    }
    await expect
      .poll(
        () => {
          collectGarbage();
          setUp.clock.advance(30_000);
          return events;
        },
        { timeout: 20_000 },
      )
      .toEqual(["old"]);
  });

  test("a rule that cannot be started refuses its fragment, and others are served", async () => {
    const setUp = await setUpPlugins({
      policies: [anyPolicy("ask", { compile: () => ({ decide: () => true, start: throwing }) })],
    });
    setUp.publish("one", guarded);
    setUp.publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await setUp.registry.settled();
    expect(setUp.served()).toEqual(["GET /good"]);
    expect(setUp.reportOf("one")?.findings[0]?.message).toBe(
      "The policy plugin 'ask' failed in 'start': boom",
    );
  });

  test("a part is started and disposed as a rule is", async () => {
    const events: string[] = [];
    const good = pathsProtocol("Paths");
    const setUp = await setUpPlugins({
      protocols: [
        pathsProtocol("Paths", {
          compile: async (input, tools) => ({
            ...(await good.compile(input, tools)),
            start: () => void events.push(`start ${tools.origin.service}`),
            dispose: () => void events.push(`dispose ${tools.origin.service}`),
          }),
        }),
      ],
    });
    setUp.publish("one", { protocol: { Paths: { paths: ["/one"] } } });
    await setUp.registry.settled();
    expect(events).toEqual(["start one"]);
    await setUp.registry.stop();
    expect(events).toEqual(["start one", "dispose one"]);
  });

  test("dispose that rejects or never settles is logged, and the gateway stops", async () => {
    const setUp = await setUpPlugins({
      policies: [
        anyPolicy("rejects", { dispose: () => Promise.reject(new Error("boom")), start: () => undefined }),
        anyPolicy("hangs", { dispose: () => new Promise(() => undefined), start: () => undefined }),
      ],
    });
    const stopped = setUp.registry.stop();
    await expect.poll(() => setUp.clock.pending).toBeGreaterThan(0);
    setUp.clock.advance(10_000);
    await stopped;
    expect(setUp.lines.join("\n")).toContain("The policy plugin 'rejects' failed in 'dispose': boom");
    expect(setUp.lines.join("\n")).toContain(
      "The policy plugin 'hangs' failed in 'dispose': it did not finish",
    );
  });
});
