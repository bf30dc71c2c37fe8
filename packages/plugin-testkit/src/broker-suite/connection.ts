import { call } from "./calls.ts";
import { type BrokerCheck, needsConnection, recorded, started } from "./driver.ts";

/** Checks that the loss of the broker's own connection is told apart from the loss of its services (S9.3). */
export const connectionChecks: readonly BrokerCheck[] = [
  {
    title: "the sink learns that the connection is lost, and that it is back",
    needs: needsConnection,
    run: async (suite, check) => {
      const { broker, connection, connections } = await started(suite, check, {
        name: "player",
        actions: { get: () => 1 },
      });
      check.equal(connections.items.includes("lost"), false, "a lost connection while nothing has happened");
      await connection?.lose();
      check.clause("The broker has lost its own connection, or has it again.");
      await recorded(check, connections, (state) => state === "lost", "the sink receives 'lost'");
      check.equal(
        broker.health?.().state ?? "connecting",
        "connecting",
        "health() while the connection is lost",
      );
      const expected = { code: "BROKER_UNAVAILABLE", details: { dispatched: false } };
      await check.rejects(call(broker, "player.get"), expected, "a call while the connection is lost");
      connections.clear();
      await connection?.restore();
      await recorded(check, connections, (state) => state === "up", "the sink receives 'up'");
      check.equal(connections.items, ["up"], "the states since the connection is back");
    },
  },
];
