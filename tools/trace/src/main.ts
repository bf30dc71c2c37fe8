import { parseArgs } from "node:util";
import { traceEvent } from "./coverage.ts";
import type { TracedEvent } from "./event.ts";
import { change, changeFull } from "./events/change.ts";
import { get } from "./events/get.ts";
import { report } from "./events/report.ts";
import { jsonOf, listOf, summaryOf } from "./print.ts";

const events: readonly TracedEvent[] = [get, change, changeFull, report];

const usage = `usage: trace ${events.map(({ name }) => name).join("|")} [options]
Runs one event and prints which files and functions of the packages and of apps/gateway ran.
${events.map(({ name, description }) => `  ${name.padEnd(12)} ${description}`).join("\n")}
options:
  --list   print one line for each function
  --json   print { "event", "files", "functions", "packages" } instead of text
  --help   print this text`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const event = events.find(({ name }) => name === positionals[0]);

if (values.help) console.log(usage);
else if (event === undefined || positionals.length > 1) {
  console.error(usage);
  process.exitCode = 1;
} else {
  const files = await traceEvent(event);
  if (values.json) console.log(jsonOf(event.name, files));
  else console.log(values.list ? listOf(files) : summaryOf(files));
}
