import { parseArgs } from "node:util";
import { saveCluster } from "./run/cluster.ts";
import { instructions, printLine } from "./run/output.ts";
import type { ServiceChild } from "./run/service-child.ts";
import { type Soccer, startSoccer } from "./soccer.ts";

const defaultPort = 8080;

const { values } = parseArgs({ options: { port: { type: "string", default: String(defaultPort) } } });
const port = Number(values.port);
const stopping = new AbortController();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The second signal ends the demo at once. The services end with this process.
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  });
}

try {
  const soccer = await startSoccer({ port, write: printLine }, stopping.signal);
  await run(soccer);
} catch (error) {
  if (!stopping.signal.aborted) throw error;
}
// Exits even if a handle is still open.
process.exit();

async function run(soccer: Soccer): Promise<void> {
  const { url, tokens, cluster, services } = soccer;
  const deleteCluster = saveCluster(cluster);
  if (new URL(url).port !== String(port))
    printLine("demo", `Port ${port} is in use. The gateway listens on ${url}.`);
  for (const child of services.values()) void reportExit(child);
  console.log(`\n${instructions(url, tokens)}\n`);
  await aborted(stopping.signal);
  printLine("demo", "Stopping. Press Ctrl-C again to stop at once.");
  deleteCluster();
  await soccer.stop();
}

async function reportExit({ name, pid, ended }: ServiceChild): Promise<void> {
  const { code, signal } = await ended;
  if (stopping.signal.aborted) return;
  printLine("demo", `The ${name} service (process ${pid}) ended: ${signal ?? `exit code ${code}`}.`);
  printLine(
    "demo",
    "Calls to it answer 503 now; soon its routes are removed. To start it again, in another terminal:",
  );
  printLine("demo", `npx pnpm demo:service ${name}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
