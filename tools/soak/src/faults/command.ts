import { runFaults } from "./faults.ts";
import { heading, lineOf, passed, verdictOf } from "./figures.ts";

/** `soak faults`: prints a line for each run; the exit code is 1 where a call hung or something was not whole again. */
export async function faults(seeds: number): Promise<void> {
  console.log(heading);
  const result = await runFaults({ seeds, progress: (run) => console.log(lineOf(run)) });
  console.log(verdictOf(result));
  if (!passed(result)) process.exitCode = 1;
}
