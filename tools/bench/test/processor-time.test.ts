import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { usedMicroseconds } from "../src/harness/processor-time.ts";

/** Starts itself once more, one level deeper. The deepest process computes for 300 ms. */
const program = `
const { spawn } = require("node:child_process");
const depth = Number(process.argv[1]);
if (depth > 0) {
  const script = process.env.SCRIPT;
  spawn(process.execPath, ["-e", script, String(depth - 1)], { stdio: ["pipe", "inherit", "inherit"] });
} else {
  while (process.cpuUsage().user < 300_000);
  console.log("computed");
}
process.stdin.resume().on("end", () => process.exit());
`;

test("the CPU time includes child processes of child processes", async (context) => {
  context.skip(process.platform !== "linux", "only Linux reports the CPU time of child processes");
  const before = usedMicroseconds();
  const own = process.cpuUsage();
  const child = spawn(process.execPath, ["-e", program, "1"], {
    env: { ...process.env, SCRIPT: program },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.stdin.end());
  await once(child.stdout, "data");
  const { user, system } = process.cpuUsage(own);
  expect(usedMicroseconds() - before - user - system).toBeGreaterThan(300_000);
});
