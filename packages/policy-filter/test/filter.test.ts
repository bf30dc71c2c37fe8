import {
  type AccessKind,
  type Finding,
  type FunctionCheck,
  type PolicyTools,
  silentLogger,
  type Verdict,
} from "@tidegate/core-registry";
import {
  createFailureLog,
  createLoadTools,
  type LoadedRule,
  loadPolicy,
} from "@tidegate/core-registry/runtime";
import { knownFunctions, manualClock, requestScope } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { filter } from "../src/index.ts";

const clock = manualClock();
const loadTools = createLoadTools({ clock, limitMs: 1_000 }, createFailureLog(silentLogger, clock));
const policy = loadPolicy(filter(), loadTools);

function testPolicy(kind: AccessKind = "call") {
  const sandbox = knownFunctions();
  const findings: Finding[] = [];
  const reports: Finding[] = [];
  const console: unknown[] = [];
  const tools: PolicyTools = {
    kind,
    origin: { service: "player", hash: "a".repeat(32), jsonPath: "policy.call[0]" },
    sandbox,
    contexts: ["auth", "id", "ip"],
    addFinding: (finding) => void findings.push(finding),
    reportRuntime: (finding) => void reports.push(finding),
    console: (message) => void console.push(message),
  };
  const compile = async (text: string): Promise<LoadedRule> =>
    policy.compile({ filter: text }, { filter: text }, tools);
  const decide = async (
    text: string,
    params: unknown = {},
    values: Record<string, unknown> = {},
  ): Promise<Verdict> => {
    const rule = await compile(text);
    return rule.decide({ kind, name: "player.get", params, scope: requestScope(values) });
  };
  return { sandbox, findings, reports, console, compile, decide };
}

describe("S7.4 filter", () => {
  test("only true allows access; false denies it without a report", async () => {
    const { sandbox, decide, reports } = testPolicy();
    expect(await decide(sandbox.text(() => true))).toEqual({ allowed: true });
    expect(await decide(sandbox.text(() => false))).toMatchObject({ allowed: false });
    expect(reports).toEqual([]);
  });

  test.each([["yes"], [1], [{}], [[]], [null], [undefined], [""], [0]])(
    "%j denies access and is reported",
    async (result) => {
      const { sandbox, decide, reports } = testPolicy();
      expect((await decide(sandbox.text(() => result))).allowed).toBe(false);
      expect(reports).toMatchObject([{ severity: "error", code: "FILTER_RESULT", jsonPath: "filter" }]);
    },
  );

  test("the function gets those of { action, params, context } that it reads", async () => {
    const { sandbox, decide } = testPolicy();
    const values = { auth: { scope: ["a"] }, id: "r1", ip: "::1" };
    await decide(
      sandbox.text((all) => all === undefined, { reads: "all" }),
      { id: 1 },
      values,
    );
    await decide(
      sandbox.text(() => true, { reads: [["context", "auth", "scope"], ["action"]] }),
      { id: 1 },
      values,
    );
    await decide(
      sandbox.text(() => false, { reads: [["params", "id"]] }),
      { id: 1 },
      values,
    );
    expect(sandbox.seen).toEqual([
      { action: "player.get", params: { id: 1 }, context: values },
      { action: "player.get", context: { auth: { scope: ["a"] } } },
      { action: "player.get", params: { id: 1 } },
    ]);
  });

  test("a function of a rule on events gets { event, params, context }", async () => {
    const { sandbox, decide } = testPolicy("publish");
    await decide(
      sandbox.text(() => true),
      { n: 1 },
    );
    expect(sandbox.seen).toMatchObject([{ event: "player.get", params: { n: 1 } }]);
  });

  test("S2.6 the function gets the metadata of a file or a stream", async () => {
    const { sandbox, decide } = testPolicy();
    const file = { mimetype: "image/png", createReadStream: () => undefined };
    const isPng = sandbox.text(
      ({ params }: { params: { file: { mimetype: string } } }) => params.file.mimetype === "image/png",
    );
    expect((await decide(isPng, { file })).allowed).toBe(true);
  });

  test("`reads` lists the context values that the function reads, or all of them", async () => {
    const { sandbox, compile } = testPolicy();
    const reads = async (paths: string[][] | "all") =>
      (await compile(sandbox.text(() => paths.length > 0, { reads: paths }))).reads;
    expect(await reads([["context", "auth", "scope"], ["params"]])).toEqual(["auth"]);
    expect(await reads([["params"]])).toEqual([]);
    expect(await reads([["context"]])).toEqual(["auth", "id", "ip"]);
    expect(await reads("all")).toEqual(["auth", "id", "ip"]);
  });

  test("`readsParams` is whether the function reads the params", async () => {
    const { sandbox, compile } = testPolicy("subscribe");
    const readsParams = async (reads: FunctionCheck["reads"]) =>
      (await compile(sandbox.text(() => true, { reads }))).readsParams;
    expect(await readsParams([["context", "auth"], ["event"]])).toBe(false);
    expect(await readsParams([["params", "to"]])).toBe(true);
    expect(await readsParams("all")).toBe(true);
  });

  test("S7.6 a function that reads time or randomness is cached within the request only", async () => {
    const { sandbox, compile } = testPolicy();
    expect((await compile(sandbox.text(() => true))).cache).toBe("identity");
    expect((await compile(sandbox.text(() => Date.now() > 0, { volatile: true }))).cache).toBe("request");
  });

  test("an invalid function gets a finding with its position and denies access", async () => {
    const { decide, findings } = testPolicy();
    expect((await decide("=> return")).allowed).toBe(false);
    expect(findings).toMatchObject([{ severity: "error", code: "FUNCTION_SYNTAX", jsonPath: "filter" }]);
  });

  test("a second parameter gets a warning: functions take one object", async () => {
    const { sandbox, decide, findings } = testPolicy();
    const problem = {
      severity: "warning",
      code: "FUNCTION_PARAMETERS",
      message: "One object.",
      line: 1,
      column: 10,
      frame: "",
    } as const;
    expect((await decide(sandbox.text(() => true, { problems: [problem] }))).allowed).toBe(true);
    expect(findings).toMatchObject([
      { severity: "warning", code: "FUNCTION_PARAMETERS", jsonPath: "filter", line: 1 },
    ]);
  });

  test("an error of the function reaches the policy gate, which denies access and reports it", async () => {
    const { sandbox, decide } = testPolicy();
    const fails = sandbox.text(() => {
      throw new Error("oops");
    });
    await expect(decide(fails)).rejects.toMatchObject({ code: "FUNCTION_THREW" });
  });

  test("S10.1 console messages of the function have its position", async () => {
    const { sandbox, decide, console } = testPolicy();
    await decide(sandbox.text(() => true));
    expect(console).toEqual([{ level: "log", text: "ran", jsonPath: "filter" }]);
  });

  test("S10: a change of the text is unclear", () => {
    expect(policy.compare("() => true", "() => false")).toBe("unclear");
  });

  test.each([[{ filter: 1 }], [{ filter: "" }], [{}]])("%j is invalid", async (rule) => {
    expect((await policy.schema["~standard"].validate(rule)).issues).toHaveLength(1);
  });
});
