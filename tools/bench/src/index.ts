export { changeFragment } from "./announcement/change-fragment.ts";
export type {
  Benchmark,
  Contender,
  ExpectedAnswer,
  PlannedRequest,
  Result,
  Work,
} from "./harness/benchmark.ts";
export { contend } from "./harness/contender.ts";
export { type LoadOptions, type LoadResult, makeLoad } from "./harness/load.ts";
export { installed, listening } from "./harness/message-server.ts";
export { type Measured, type RunOptions, resultsOf, runBenchmark } from "./harness/run.ts";
export { percentile } from "./harness/statistics.ts";
export { tableOf } from "./harness/table.ts";
