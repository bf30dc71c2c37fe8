import { execFileSync } from "node:child_process";
import { installed } from "@tidegate/bench";
import { networkFaults } from "./fault.ts";
import type { NamespaceTask } from "./namespace.ts";
import { runFault } from "./run.ts";

const { fault: name, transport, seed }: NamespaceTask = JSON.parse(process.argv[2] ?? "");
const fault = networkFaults.find((known) => known.name === name);
if (fault === undefined) throw new RangeError(`There is no fault ${name}.`);

execFileSync(installed("ip") ?? "ip", ["link", "set", "lo", "up"]);
const result = await runFault(fault, transport, seed);
process.send?.(result, () => process.disconnect());
