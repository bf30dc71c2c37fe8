import { expect, test } from "vitest";
import type { PendingCall } from "../../src/process/calls.ts";
import { Quarantine, type QuarantineProcess } from "../../src/process/quarantine.ts";
import { fakeClock } from "../support/clock.ts";

interface FakeProcess extends QuarantineProcess {
  readonly services: string[];
  killed: boolean;
}

function fakeProcess(): FakeProcess {
  const services: string[] = [];
  const process: FakeProcess = {
    services,
    killed: false,
    calls: new Map<number, PendingCall>(),
    allowQuarantined: (service) => services.push(service),
    kill: () => {
      process.killed = true;
    },
  };
  return process;
}

function setUp() {
  const processes: FakeProcess[] = [];
  const clock = fakeClock();
  const quarantine = new Quarantine(
    () => processes[processes.push(fakeProcess()) - 1] ?? fakeProcess(),
    clock,
  );
  return { processes, clock, quarantine };
}

test("S11.2 each quarantined service has a process of its own, other services have none", () => {
  const { processes, quarantine } = setUp();
  expect(quarantine.processOf("player")).toBeUndefined();
  quarantine.add("player");
  quarantine.add("team");
  expect(quarantine.processOf("player")).toBe(quarantine.processOf("player"));
  expect(quarantine.processOf("team")).not.toBe(quarantine.processOf("player"));
  expect(processes.map(({ services }) => services)).toEqual([["player"], ["team"]]);
  const [first] = processes;
  if (first) quarantine.remove(first);
  expect(quarantine.processOf("player")).toBe(processes[2]);
});

test("services share eight processes at most", () => {
  const { processes, quarantine } = setUp();
  for (let n = 0; n < 20; n++) {
    quarantine.add(`s${n}`);
    quarantine.processOf(`s${n}`);
  }
  expect(processes).toHaveLength(8);
  expect(processes.flatMap(({ services }) => services)).toHaveLength(20);
});

test("a process ends after a minute without use and is created again on demand", () => {
  const { processes, clock, quarantine } = setUp();
  quarantine.add("player");
  quarantine.processOf("player");
  clock.advance(59_000);
  quarantine.processOf("player");
  clock.advance(2_000);
  expect(processes[0]?.killed).toBe(false);
  clock.advance(120_000);
  expect(processes[0]?.killed).toBe(true);
  expect(quarantine.processOf("player")).toBe(processes[1]);
  quarantine.stop();
});
