import { type CommandDef, defineCommand } from "citty";
import { loadConfig } from "../config/load.ts";
import { startGateway } from "../start-gateway.ts";
import { refuseUnknown, UsageError } from "./usage.ts";
import { makeGarbageYoung } from "./young-garbage.ts";

const args = {
  config: {
    type: "string",
    description: "The configuration (default: gateway.config.ts, .js, .mjs or .json here)",
    valueHint: "file",
  },
  port: {
    type: "string",
    description: "Listen for HTTP on this port instead of the configured one",
    valueHint: "number",
  },
} as const;

/** `tidegate start`: a gateway that runs until it is told to stop. */
export const startCommand: CommandDef<typeof args> = defineCommand({
  meta: { name: "start", description: "Start a gateway" },
  args,
  run: async ({ args: given, rawArgs }) => {
    refuseUnknown(rawArgs, given, args);
    makeGarbageYoung();
    const port = given.port === undefined ? undefined : readPort(given.port);
    const { path, value } = await loadConfig(given.config);
    await startGateway(value, {
      ...(path !== undefined && { source: path }),
      ...(port !== undefined && { port }),
    });
  },
});

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port must be a number from 0 to 65535, not ${text}.`);
}
