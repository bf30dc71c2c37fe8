import { type GatewaysResult, missingForGateways, runGateways } from "./gateways.ts";

/** Milliseconds of quiet after which gateways must serve the same. */
export const longestMs = 2_000;

/** `soak gateways`: prints what was seen; the exit code is 1 where gateways disagreed, or the one that starts answered 404. */
export async function gateways(rounds: number): Promise<void> {
  const missing = missingForGateways();
  if (missing !== undefined) {
    console.error(`Left out: ${missing}.`);
    process.exitCode = 1;
    return;
  }
  const progress = (round: number): void => console.error(`${round}/${rounds} rounds`);
  const result = await runGateways({ rounds, progress });
  console.log(figuresOfGateways(result));
  if (!agreed(result)) process.exitCode = 1;
}

/** Whether the gateways agreed in time each time, and none answered 404 while it started. */
export function agreed({ equalMs, answers }: GatewaysResult): boolean {
  return equalMs.every((ms) => ms <= longestMs) && answers["404"] === undefined;
}

function figuresOfGateways({ equalMs, versions, answers }: GatewaysResult): string {
  const [first] = versions;
  return [
    `rounds                     ${equalMs.length}, a gateway restarted in each`,
    `quiet until equal          ${Math.round(Math.max(...equalMs))} ms at the longest (at most ${longestMs})`,
    `the gateway that restarts  ${Object.entries(answers)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", ")} (404: ${answers["404"] ?? 0})`,
    `versions                   ${JSON.stringify(first)}`,
  ].join("\n");
}
