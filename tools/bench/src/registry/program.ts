import { answerProgram } from "../harness/program.ts";
import type { Job, Measurement } from "./job.ts";
import { measureBranches } from "./measure-branches.ts";
import { measureChanges } from "./measure-changes.ts";
import { measureVersions } from "./memory.ts";

await answerProgram<Job, Measurement[]>((job) => {
  if (job.kind === "changes") return measureChanges(job, job.changes);
  if (job.kind === "versions") return measureVersions(job, job.changes);
  return measureBranches(job, job.branches, job.changes);
});
