import { recorder } from "../recorder.ts";
import { call } from "./calls.ts";
import { type BrokerCheck, observe, recorded, started } from "./driver.ts";

/** Checks that running calls end, and that nothing is sent or received after the stop (S13). */
export const stopChecks: readonly BrokerCheck[] = [
  {
    title: "stop() is idempotent, and has no effect before start()",
    run: async (suite, check) => {
      const { broker, sink } = await observe(suite, check);
      check.clause("Idempotent.");
      await check.wait(broker.stop(), "stop() before start() resolves");
      await check.wait(broker.start(sink), "start() resolves");
      await check.wait(Promise.all([broker.stop(), broker.stop()]), "two stop() at once resolve");
      await check.wait(broker.stop(), "stop() after stop() resolves");
    },
  },
  {
    title: "stop() waits for running calls",
    run: async (suite, check) => {
      const dispatched = recorder<true>("call");
      const answer = Promise.withResolvers<string>();
      const wait = (): Promise<string> => {
        dispatched.push(true);
        return answer.promise;
      };
      const { broker } = await started(suite, check, { name: "slow", actions: { wait } });
      const running = call(broker, "slow.wait").catch((error: unknown) => error);
      await recorded(check, dispatched, () => true, "the call reaches the action");
      let hasStopped = false;
      const stopped = broker.stop().then(() => {
        hasStopped = true;
      });
      await check.quiet();
      check.clause("Waits for running calls, disconnects and releases everything.");
      check.ok(!hasStopped, "stop() does not resolve while a call runs", "stop() resolved");
      answer.resolve("done");
      check.equal(await check.wait(running, "the call resolves"), "done", "the answer of the running call");
      await check.wait(stopped, "stop() resolves");
    },
  },
  {
    title: "after stop() the sink receives nothing",
    run: async (suite, check) => {
      const { broker, node, changes, events } = await started(suite, check, { name: "player" });
      broker.events?.(["player.*"]);
      await check.wait(broker.stop(), "stop() resolves");
      changes.clear();
      events.clear();
      check.clause("Waits for running calls, disconnects and releases everything.");
      await node.publish({ name: "late" });
      await node.send("player.late", 1, false);
      await node.send("player.late", 1, true);
      await node.withdraw("player");
      await node.leave();
      await check.quiet();
      check.equal(changes.items, [], "the list of changes after stop()");
      check.equal(events.items, [], "the list of events after stop()");
    },
  },
  {
    title: "after stop() nothing is called",
    run: async (suite, check) => {
      const calls = recorder<true>("call");
      const get = () => calls.push(true);
      const { broker } = await started(suite, check, { name: "player", actions: { get } });
      await check.wait(broker.stop(), "stop() resolves");
      check.clause("Rejects with `dispatched`: whether the call was sent to a node.");
      const expected = { code: "BROKER_UNAVAILABLE", details: { dispatched: false } };
      await check.rejects(call(broker, "player.get"), expected, "a call after stop()");
      check.equal(calls.items.length, 0, "the number of calls that reached the action");
    },
  },
];
