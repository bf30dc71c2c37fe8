import { describe, expect, test } from "vitest";
import { explain, explainedCodes, findingsPage } from "../src/explain/explain.ts";
import { runCommand } from "./command.ts";

describe("S10.1: tidegate explain", () => {
  test("a code: what it means, an example, and what to do", async () => {
    const { code, stdout } = await runCommand(".", "explain", "PATH_INVALID");
    expect(code).toBe(0);
    expect(stdout).toBe(`${explain("PATH_INVALID")}\n`);
    expect(stdout).toMatch(/^PATH_INVALID\n\nA path .*\n\nFor example: .*\n\nWhat to do: .*\n$/);
  });

  test("an unknown code: exit code 2 and the nearest one", async () => {
    const { code, stderr } = await runCommand(".", "explain", "path_invaild");
    expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean PATH_INVALID?")]);
  });

  test("without a code: all of them", async () => {
    const { code, stdout } = await runCommand(".", "explain");
    expect([code, stdout]).toEqual([0, `${explainedCodes.join("\n")}\n`]);
  });

  test("every code has a meaning, and says what to do", () => {
    for (const code of explainedCodes)
      expect(explain(code)).toMatch(/^\w+\n\n.{20,}[\s\S]*What to do: .{5,}/);
    expect(explain("toString")).toBeUndefined();
  });

  // `vitest -u` rewrites the page.
  test("docs/findings.md has the same texts", async () => {
    await expect(findingsPage()).toMatchFileSnapshot("../../../docs/findings.md");
  });
});
