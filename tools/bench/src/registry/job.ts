import type { SystemSize } from "./system.ts";

/** What the process of a work measures. */
export type Job = SystemSize & {
  /** The number of changes of master. */
  readonly changes: number;
} & (
    | {
        readonly kind: "changes";
      }
    | {
        readonly kind: "versions";
      }
    | {
        /** Branches besides master, each with one service of its own. */
        readonly kind: "branches";
        readonly branches: number;
      }
  );

/** A figure that a process has measured. */
export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: "ms" | "KB" | "MB";
}
