import { parseArgs } from "node:util";
import { noteCluster } from "./run/cluster.ts";
import { show, whatToTry } from "./run/screen.ts";
import type { ServiceChild } from "./run/service-child.ts";
import { type Soccer, startSoccer } from "./soccer.ts";

const defaultPort = 8080;

const { values } = parseArgs({ options: { port: { type: "string", default: String(defaultPort) } } });
const port = Number(values.port);
const stopping = new AbortController();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // A second one does not wait. Services end with this process.
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  });
}

try {
  const soccer = await startSoccer({ port, write: show }, stopping.signal);
  await run(soccer);
} catch (error) {
  if (!stopping.signal.aborted) throw error;
}
// Whatever a part may have left open: the demo is over.
process.exit();

async function run(soccer: Soccer): Promise<void> {
  const { url, tokens, cluster, services } = soccer;
  const forget = noteCluster(cluster);
  if (new URL(url).port !== String(port))
    show("demo", `The port ${port} is taken: the gateway is at ${url}.`);
  for (const child of services.values()) void tellEnd(child);
  console.log(`\n${whatToTry(url, tokens)}\n`);
  await aborted(stopping.signal);
  show("demo", "Stopping. (Again: at once.)");
  forget();
  await soccer.stop();
}

async function tellEnd({ name, pid, ended }: ServiceChild): Promise<void> {
  const { code, signal } = await ended;
  if (stopping.signal.aborted) return;
  show("demo", `The ${name} service (process ${pid}) ended: ${signal ?? `exit code ${code}`}.`);
  show("demo", "Its calls answer 503 now, and its routes go soon. Start it again, in another terminal:");
  show("demo", `npx pnpm demo:service ${name}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
