import type { SystemSize } from "./system.ts";

/** What one process measures. */
export type Job = SystemSize & {
  /** How many changes of master it makes. */
  readonly changes: number;
} & (
    | {
        /** Cold start, changes, the loop. */
        readonly kind: "changes";
      }
    | {
        /** The heap after the changes. */
        readonly kind: "versions";
      }
    | {
        /** Branches beside master, each with a service of its own. */
        readonly kind: "branches";
        /** How many. */
        readonly branches: number;
      }
  );

/** One thing that a process measured. */
export interface Measurement {
  /** What: `change p99`. */
  readonly what: string;
  /** How much. */
  readonly value: number;
  /** Of what. */
  readonly unit: "ms" | "KB" | "MB";
}
