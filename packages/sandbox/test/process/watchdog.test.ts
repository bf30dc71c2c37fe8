import { describe, expect, test } from "vitest";
import { watch } from "../../src/process/watchdog.ts";
import { fakeClock } from "../support/clock.ts";

describe("S11.2 a watchdog", () => {
  const setUp = (afterReading: (run: () => void) => void = (run) => run()) => {
    const clock = fakeClock();
    const state = { busy: true, late: 0 };
    const dog = watch(
      clock,
      100,
      () => state.busy,
      () => state.late++,
      afterReading,
    );
    return { clock, state, dog };
  };

  test("barks once when nothing came back for as long as allowed", () => {
    const { clock, state, dog } = setUp();
    dog.alive();
    clock.advance(99);
    expect(state.late).toBe(0);
    clock.advance(1);
    expect(state.late).toBe(1);
    clock.advance(1000);
    expect(state.late).toBe(1);
  });

  test("begins anew with each sign of life", () => {
    const { clock, state, dog } = setUp();
    dog.alive();
    for (let turn = 0; turn < 10; turn++) {
      clock.advance(60);
      dog.alive();
    }
    expect(state.late).toBe(0);
    clock.advance(100);
    expect(state.late).toBe(1);
  });

  test("is silent where there is nothing to do", () => {
    const { clock, state, dog } = setUp();
    dog.alive();
    state.busy = false;
    clock.advance(1000);
    expect(state.late).toBe(0);
    state.busy = true;
    dog.alive();
    clock.advance(99);
    expect(state.late).toBe(0);
  });

  test("blames nobody where the answer had come and was only not read yet", () => {
    const { clock, state, dog } = setUp((run) => {
      dog.alive();
      run();
    });
    dog.alive();
    clock.advance(150);
    expect(state.late).toBe(0);
  });

  test("is silent when it was stopped", () => {
    const { clock, state, dog } = setUp();
    dog.alive();
    dog.stop();
    clock.advance(1000);
    expect(state.late).toBe(0);
  });
});
