import type { TraceEvent } from "@tidegate/core-registry";
import { call, slowSystem } from "./calls.ts";
import { type BrokerCheck, recorded } from "./driver.ts";

/** Checks when calls end before their answer, and what a trace receives (S13). */
export const limitChecks: readonly BrokerCheck[] = [
  {
    title: "a call without an answer ends with its timeout, dispatched",
    run: async (suite, check) => {
      const { broker } = await slowSystem(suite, check);
      check.clause("In milliseconds. Default: the broker's own.");
      const expected = { code: "CALL_TIMEOUT", details: { dispatched: true } };
      await check.rejects(call(broker, "slow.wait", { timeout: 30 }), expected, "a call with timeout 30");
    },
  },
  {
    title: "the deadline limits the timeout; after the deadline nothing is sent",
    run: async (suite, check) => {
      const { broker, calls } = await slowSystem(suite, check);
      check.clause("The scope's deadline can shorten the timeout.");
      const late = call(broker, "slow.wait", {}, { deadline: Date.now() - 1 });
      const notSent = { code: "CALL_TIMEOUT", details: { dispatched: false } };
      await check.rejects(late, notSent, "a call after its deadline");
      check.equal(calls.items.length, 0, "the number of calls that reached the action");
      const scope = { deadline: Date.now() + 50 };
      const short = call(broker, "slow.wait", { timeout: 60_000 }, scope);
      await check.rejects(
        short,
        { code: "CALL_TIMEOUT" },
        "a call with timeout 60,000 and deadline in 50 ms",
      );
    },
  },
  {
    title: "a disconnecting client cancels the call; after that nothing is sent",
    run: async (suite, check) => {
      const { broker, calls } = await slowSystem(suite, check);
      const client = new AbortController();
      check.clause(
        "Calls the listener once when the client disconnects (CallScope.onEnd, CallScope.signal).",
      );
      const running = call(broker, "slow.wait", {}, { signal: client.signal });
      running.catch(() => undefined);
      await recorded(check, calls, () => true, "the call reaches the action");
      client.abort();
      const cancelled = { code: "CANCELLED", details: { dispatched: true } };
      await check.rejects(running, cancelled, "a call whose client disconnects");
      await check.rejects(
        call(broker, "slow.wait", {}, { signal: client.signal }),
        { code: "CANCELLED", details: { dispatched: false } },
        "a call after its client disconnected",
      );
      check.equal(calls.items.length, 1, "the number of calls that reached the action");
    },
  },
  {
    title: "a trace receives each call with its action and node",
    run: async (suite, check) => {
      const { broker } = await slowSystem(suite, check);
      const steps: TraceEvent[] = [];
      check.clause("Receives the steps of the request (CallScope.trace).");
      const ended = call(broker, "slow.wait", { timeout: 30 }, { trace: (step) => steps.push(step) });
      await check.rejects(ended, { code: "CALL_TIMEOUT" }, "a call with timeout 30");
      const seen = steps.filter(({ at }) => at === "call");
      check.matches(seen, [{ at: "call", action: "slow.wait", node: "n1" }], "the list of traced calls");
    },
  },
];
