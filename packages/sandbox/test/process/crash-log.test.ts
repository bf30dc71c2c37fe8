import { expect, test } from "vitest";
import { crashLogWriter, openCrashLog, runTimeOf } from "../../src/process/crash-log.ts";

test("S11.2 the gateway reads which call a process began last", () => {
  const log = openCrashLog();
  expect(log.read().call).toBe(0);
  const record = crashLogWriter(log.fd);
  record(7);
  record(8);
  expect(log.read().call).toBe(8);
  expect(Math.abs(Date.now() - log.read().startedAt)).toBeLessThan(10_000);
  log.close();
});

test("S11.2 the run time of a call is CPU time where the operating system shows it", (context) => {
  if (process.platform !== "linux") context.skip("only Linux has /proc");
  const record = { call: 1, startedAt: 0, cpuTime: 0 };
  const { user, system } = process.cpuUsage();
  expect(runTimeOf(process.pid, record)).toBeGreaterThan(0);
  expect(runTimeOf(process.pid, record)).toBeLessThan((user + system) / 1000 + 1000);
});

test("elsewhere it is the time that has passed", () => {
  const runTime = runTimeOf(undefined, { call: 1, startedAt: Date.now() - 500, cpuTime: 0 });
  expect(runTime).toBeGreaterThanOrEqual(500);
});
