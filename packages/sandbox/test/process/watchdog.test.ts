import { describe, expect, test } from "vitest";
import { startWatchdog } from "../../src/process/watchdog.ts";
import { fakeClock } from "../support/clock.ts";

describe("S11.2 a watchdog", () => {
  const setUp = (afterReading: (run: () => void) => void = (run) => run()) => {
    const clock = fakeClock();
    const state = { busy: true, timeouts: 0, waitUntil: 0 };
    const watchdog = startWatchdog({
      clock,
      timeout: 100,
      isBusy: () => state.busy,
      onTimeout: (silence) => {
        state.timeouts++;
        return silence < state.waitUntil;
      },
      afterReading,
    });
    return { clock, state, watchdog };
  };

  test("reports once that no reply arrived for the whole timeout", () => {
    const { clock, state, watchdog } = setUp();
    watchdog.reset();
    clock.advance(99);
    expect(state.timeouts).toBe(0);
    clock.advance(1);
    expect(state.timeouts).toBe(1);
    clock.advance(1000);
    expect(state.timeouts).toBe(1);
  });

  test("waits for another timeout where its owner asks for it", () => {
    const { clock, state, watchdog } = setUp();
    state.waitUntil = 300;
    watchdog.reset();
    clock.advance(299);
    expect(state.timeouts).toBe(2);
    clock.advance(1000);
    expect(state.timeouts).toBe(3);
  });

  test("starts again with each reply", () => {
    const { clock, state, watchdog } = setUp();
    watchdog.reset();
    for (let turn = 0; turn < 10; turn++) {
      clock.advance(60);
      watchdog.reset();
    }
    expect(state.timeouts).toBe(0);
    clock.advance(100);
    expect(state.timeouts).toBe(1);
  });

  test("is silent while there is no work", () => {
    const { clock, state, watchdog } = setUp();
    watchdog.reset();
    state.busy = false;
    clock.advance(1000);
    expect(state.timeouts).toBe(0);
    state.busy = true;
    watchdog.reset();
    clock.advance(99);
    expect(state.timeouts).toBe(0);
  });

  test("is silent where a reply has arrived that the gateway has not read yet", () => {
    const { clock, state, watchdog } = setUp((run) => {
      watchdog.reset();
      run();
    });
    watchdog.reset();
    clock.advance(150);
    expect(state.timeouts).toBe(0);
  });

  test("is silent after stop", () => {
    const { clock, state, watchdog } = setUp();
    watchdog.reset();
    watchdog.stop();
    clock.advance(1000);
    expect(state.timeouts).toBe(0);
  });
});
