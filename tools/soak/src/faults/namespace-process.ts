import { execFileSync } from "node:child_process";
import { installed } from "@tidegate/bench";
import { networkFaults } from "./fault.ts";
import type { NamespaceTask } from "./namespace.ts";
import { runFault } from "./run.ts";

const { fault: name, transport, seed }: NamespaceTask = JSON.parse(process.argv[2] ?? "");
const fault = networkFaults.find((candidate) => candidate.name === name);
if (fault === undefined) throw new RangeError(`Unknown fault: ${name}.`);

execFileSync(installed("ip") ?? "ip", ["link", "set", "lo", "up"]);
const result = await runFault(fault, transport, seed);
process.send?.(result, () => process.disconnect());
