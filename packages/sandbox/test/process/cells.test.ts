import { expect, test } from "vitest";
import type { PendingCall } from "../../src/process/call.ts";
import { makeCells } from "../../src/process/cells.ts";
import type { Host } from "../../src/process/host.ts";
import { fakeClock } from "../support/clock.ts";

interface FakeHost extends Host {
  readonly services: string[];
  killed: boolean;
}

function fakeHost(calls: ReadonlyMap<number, PendingCall> = new Map()): FakeHost {
  const services: string[] = [];
  const host: FakeHost = {
    services,
    killed: false,
    pid: 1,
    ready: Promise.resolve(),
    ended: Promise.resolve(),
    calls,
    load: 0,
    house: (service) => services.push(service),
    send: () => {},
    teach: () => {},
    settle: () => undefined,
    kill: () => {
      host.killed = true;
    },
  };
  return host;
}

test("S11.2 a service that broke a limit has a process of its own, others have none", () => {
  const hosts: FakeHost[] = [];
  const cells = makeCells(() => hosts[hosts.push(fakeHost()) - 1] ?? fakeHost(), fakeClock());
  expect(cells.of("player")).toBeUndefined();
  cells.assign("player");
  cells.assign("team");
  expect(cells.of("player")).toBe(cells.of("player"));
  expect(cells.of("team")).not.toBe(cells.of("player"));
  expect(hosts.map(({ services }) => services)).toEqual([["player"], ["team"]]);
  const [first] = hosts;
  if (first) cells.forget(first);
  expect(cells.of("player")).toBe(hosts[2]);
});

test("there are at most eight; then services share", () => {
  const hosts: FakeHost[] = [];
  const cells = makeCells(() => hosts[hosts.push(fakeHost()) - 1] ?? fakeHost(), fakeClock());
  for (let n = 0; n < 20; n++) {
    cells.assign(`s${n}`);
    cells.of(`s${n}`);
  }
  expect(hosts).toHaveLength(8);
  expect(hosts.flatMap(({ services }) => services)).toHaveLength(20);
});

test("one that nobody needed for a minute is ended, and made again on demand", () => {
  const hosts: FakeHost[] = [];
  const clock = fakeClock();
  const cells = makeCells(() => hosts[hosts.push(fakeHost()) - 1] ?? fakeHost(), clock);
  cells.assign("player");
  cells.of("player");
  clock.advance(59_000);
  cells.of("player");
  clock.advance(2_000);
  expect(hosts[0]?.killed).toBe(false);
  clock.advance(120_000);
  expect(hosts[0]?.killed).toBe(true);
  expect(cells.of("player")).toBe(hosts[1]);
  cells.stop();
});
