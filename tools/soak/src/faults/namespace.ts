import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { installed } from "@tidegate/bench";
import type { TransportName } from "./network.ts";
import type { FaultResult } from "./run.ts";

/** The input of the process in the namespace: its first argument, as JSON. */
export interface NamespaceTask {
  readonly fault: string;
  readonly transport: TransportName;
  readonly seed: number;
}

/** The reason why network namespaces are unavailable. Undefined if they are available. */
export function namespaceProblem(): string | undefined {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  for (const name of ["unshare", "ip", "nft"])
    if (installed(name) === undefined) return `${name} is not installed`;
  try {
    const rules = `${installed("ip")} link set lo up && ${installed("nft")} add table inet tidegate`;
    execFileSync(installed("unshare") ?? "", ["-n", "sh", "-c", rules], { stdio: "ignore" });
    return undefined;
  } catch {
    return "the system does not allow network namespaces with nft";
  }
}

/** Runs one fault in a new network namespace. @throws if its process fails */
export async function runInNamespace(task: NamespaceTask): Promise<FaultResult> {
  const program = join(import.meta.dirname, "namespace-process.ts");
  const child = spawn(
    installed("unshare") ?? "unshare",
    ["-n", process.execPath, "--conditions=@tidegate/source", program, JSON.stringify(task)],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  let result: FaultResult | undefined;
  child.on("message", (message) => {
    result = message as FaultResult;
  });
  const [code] = await once(child, "exit");
  if (result === undefined) throw new Error(`The run in a network namespace ended with exit code ${code}.`);
  return result;
}
