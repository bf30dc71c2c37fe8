export type {
  Benchmark,
  Contender,
  ExpectedAnswer,
  PlannedRequest,
  Result,
  Work,
} from "./harness/benchmark.ts";
export { contend } from "./harness/contend.ts";
export { type LoadOptions, type LoadResult, makeLoad } from "./harness/load.ts";
export { installed, listening } from "./harness/message-server.ts";
export { percentile } from "./harness/percentile.ts";
export { type Measured, type RunOptions, resultsOf, runBenchmark } from "./harness/run.ts";
export { tableOf } from "./harness/table.ts";
export { changeFragment } from "./notice/change-fragment.ts";
