import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { recorder } from "@tidegate/plugin-testkit";
import type { BrokerOptions } from "moleculer";
import { onTestFinished } from "vitest";

/** A node in a process of its own. */
export interface ServiceProcess {
  /** The lines that it wrote. */
  readonly lines: ReturnType<typeof recorder<string>>;
  /** Null while it runs. */
  exitCode(): number | null;
  kill(): void;
}

/** Starts `size-service.ts` in a process of its own, until the end of the test. */
export async function startServiceProcess(
  options: BrokerOptions,
  hasPreset: boolean,
): Promise<ServiceProcess> {
  const script = fileURLToPath(new URL("size-service.ts", import.meta.url));
  const given = JSON.stringify({ options, hasPreset });
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", script, given], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const lines = recorder<string>("line of the service");
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  await lines.waitFor((line) => line === "ready", 60_000);
  return { lines, exitCode: () => child.exitCode, kill: () => void child.kill("SIGKILL") };
}
