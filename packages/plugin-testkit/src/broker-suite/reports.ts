import type { Report } from "@tidegate/core-registry";
import { recorder } from "../recorder.ts";
import { type BrokerCheck, needsMember, recorded, started } from "./driver.ts";

/** The report that the checks send. */
export const report: Report = {
  contract: 1,
  gateway: "gateway-1",
  service: "player",
  branch: "master",
  hash: "0".repeat(32),
  occasion: "merge",
  state: "succeeded",
  to: "12345678",
  changes: [],
  findings: [],
  console: [],
  urls: ["/players"],
  table: "player: merged",
};

/** Checks which services receive a report, and that a missing receiver is no error (S10). */
export const reportChecks: readonly BrokerCheck[] = [
  {
    title: "a report reaches only its service on its node (S10.1)",
    needs: needsMember("report"),
    run: async (suite, check) => {
      const got = recorder<readonly [string, Report]>("report");
      const receiver = (name: string, id: string) => ({
        name,
        report: (received: Report) => got.push([`${name}@${id}`, received]),
      });
      const { broker, join, changes } = await started(
        suite,
        check,
        receiver("player", "n1"),
        receiver("team", "n1"),
      );
      await join("n2", [receiver("player", "n2"), receiver("team", "n2")]);
      await recorded(check, changes, (line) => line === "up player@n2", "the sink receives 'up player@n2'");
      check.clause("Sends a report to one node of the service.");
      for (const id of ["n2", "n1"]) {
        got.clear();
        await check.wait(broker.report?.("player", id, report), "report() resolves");
        await recorded(check, got, () => true, `player receives its report on ${id}`);
        await check.quiet();
        const receivers = got.items.map(([receivedBy]) => receivedBy);
        check.equal(receivers, [`player@${id}`], "the list of receivers");
        check.equal(got.items[0]?.[1], report, "the received report");
      }
    },
  },
  {
    title: "a report resolves where no service receives it (S10.2)",
    needs: needsMember("report"),
    run: async (suite, check) => {
      const { broker } = await started(suite, check, { name: "silent" });
      check.clause("Resolves also where the service has no action that receives it.");
      for (const [service, node] of [
        ["silent", "n1"],
        ["silent", "n9"],
        ["unknown", "n1"],
      ] as const)
        await check.wait(broker.report?.(service, node, report), `report('${service}', '${node}') resolves`);
    },
  },
];
