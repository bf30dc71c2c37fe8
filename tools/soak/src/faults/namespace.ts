import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { installed } from "@tidegate/bench";
import type { TransportName } from "./place.ts";
import type { FaultResult } from "./run.ts";

/** What runs in a network of its own: its first argument, as JSON. */
export interface NamespaceTask {
  /** The fault's name. */
  readonly fault: string;
  /** The transporter. */
  readonly transport: TransportName;
  /** The seed. */
  readonly seed: number;
}

/** Why networks of one's own cannot be had here; undefined where they can. */
export function missingNamespace(): string | undefined {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  for (const name of ["unshare", "ip", "nft"])
    if (installed(name) === undefined) return `${name} is not installed`;
  try {
    const rules = `${installed("ip")} link set lo up && ${installed("nft")} add table inet tidegate`;
    execFileSync(installed("unshare") ?? "", ["-n", "sh", "-c", rules], { stdio: "ignore" });
    return undefined;
  } catch {
    return "the system does not let us make network namespaces with nft";
  }
}

/** Runs one fault in a network namespace of its own. @throws where its process fails */
export async function runInNamespace(task: NamespaceTask): Promise<FaultResult> {
  const inside = join(import.meta.dirname, "inside.ts");
  const child = spawn(
    installed("unshare") ?? "unshare",
    ["-n", process.execPath, "--conditions=@tidegate/source", inside, JSON.stringify(task)],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  let result: FaultResult | undefined;
  child.on("message", (message) => {
    result = message as FaultResult;
  });
  const [code] = await once(child, "exit");
  if (result === undefined) throw new Error(`The run in a network of its own ended with ${code}.`);
  return result;
}
