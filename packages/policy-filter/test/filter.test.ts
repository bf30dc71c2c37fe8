import type {
  AccessKind,
  CompiledRule,
  Finding,
  FunctionCheck,
  PolicyTools,
  Verdict,
} from "@tidegate/core-registry";
import { knownFunctions, requestScope } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { filter } from "../src/index.ts";

const policy = filter();

function bench(kind: AccessKind = "call") {
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
  const compile = async (text: string): Promise<CompiledRule> => policy.compile({ filter: text }, tools);
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
  test("only true passes; false denies and is no fault", async () => {
    const { sandbox, decide, reports } = bench();
    expect(await decide(sandbox.text(() => true))).toEqual({ allowed: true });
    expect(await decide(sandbox.text(() => false))).toMatchObject({ allowed: false });
    expect(reports).toEqual([]);
  });

  test.each([["yes"], [1], [{}], [[]], [null], [undefined], [""], [0]])(
    "%j denies, and is reported",
    async (result) => {
      const { sandbox, decide, reports } = bench();
      expect((await decide(sandbox.text(() => result))).allowed).toBe(false);
      expect(reports).toMatchObject([{ severity: "error", code: "FILTER_RESULT", jsonPath: "filter" }]);
    },
  );

  test("it sees { action, params, context }, of it only what it reads", async () => {
    const { sandbox, decide } = bench();
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

  test("rules on events see { event, params, context }", async () => {
    const { sandbox, decide } = bench("publish");
    await decide(
      sandbox.text(() => true),
      { n: 1 },
    );
    expect(sandbox.seen).toMatchObject([{ event: "player.get", params: { n: 1 } }]);
  });

  test("S2.6 of a file or a stream it sees the metadata", async () => {
    const { sandbox, decide } = bench();
    const file = { mimetype: "image/png", createReadStream: () => undefined };
    const isPng = sandbox.text(
      ({ params }: { params: { file: { mimetype: string } } }) => params.file.mimetype === "image/png",
    );
    expect((await decide(isPng, { file })).allowed).toBe(true);
  });

  test("the context values that it reads are known; all where that cannot be told", async () => {
    const { sandbox, compile } = bench();
    const reads = async (paths: string[][] | "all") =>
      (await compile(sandbox.text(() => paths.length > 0, { reads: paths }))).reads;
    expect(await reads([["context", "auth", "scope"], ["params"]])).toEqual(["auth"]);
    expect(await reads([["params"]])).toEqual([]);
    expect(await reads([["context"]])).toEqual(["auth", "id", "ip"]);
    expect(await reads("all")).toEqual(["auth", "id", "ip"]);
  });

  test("whether it reads the params is known: of a subscription they are there with each event only", async () => {
    const { sandbox, compile } = bench("subscribe");
    const readsParams = async (reads: FunctionCheck["reads"]) =>
      (await compile(sandbox.text(() => true, { reads }))).readsParams;
    expect(await readsParams([["context", "auth"], ["event"]])).toBe(false);
    expect(await readsParams([["params", "to"]])).toBe(true);
    expect(await readsParams("all")).toBe(true);
  });

  test("S7.6 what reads time or randomness is remembered within the request only", async () => {
    const { sandbox, compile } = bench();
    expect((await compile(sandbox.text(() => true))).memo).toBe("identity");
    expect((await compile(sandbox.text(() => Date.now() > 0, { volatile: true }))).memo).toBe("request");
  });

  test("a text with an error is told with its place, and lets nobody through", async () => {
    const { decide, findings } = bench();
    expect((await decide("=> return")).allowed).toBe(false);
    expect(findings).toMatchObject([{ severity: "error", code: "FUNCTION_SYNTAX", jsonPath: "filter" }]);
  });

  test("a second parameter is a warning: functions take one object", async () => {
    const { sandbox, decide, findings } = bench();
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

  test("a throw goes on to the gate, which denies and reports", async () => {
    const { sandbox, decide } = bench();
    const fails = sandbox.text(() => {
      throw new Error("oops");
    });
    await expect(decide(fails)).rejects.toMatchObject({ code: "FUNCTION_THREW" });
  });

  test("S10.1 its console carries its place", async () => {
    const { sandbox, decide, console } = bench();
    await decide(sandbox.text(() => true));
    expect(console).toEqual([{ level: "log", text: "ran", jsonPath: "filter" }]);
  });

  test("S10: what another text means for access cannot be told", () => {
    expect(policy.compare?.("() => true", "() => false")).toBe("unclear");
  });

  test.each([[{ filter: 1 }], [{ filter: "" }], [{}]])("%j is a fault", async (rule) => {
    expect((await policy.schema["~standard"].validate(rule)).issues).toHaveLength(1);
  });
});
