import { z } from "zod";

/** The format that this gateway speaks (S1). */
export const fragmentFormat = 1;

/** The branch that always exists. */
export const masterBranch = "master";

/** Names below `/~` that are the gateway's own: no branch may have one (S9.11). */
export const reservedNames: readonly string[] = [
  "status",
  "health",
  "catalog",
  "diff",
  "admin",
  "console",
  "api",
  "metrics",
  "explain",
  "assets",
];

/** A branch's name: lower-case letters, digits, `-`, `_` (S1.1). */
export const branchPattern: RegExp = /^[a-z0-9_-]{1,64}$/;

/** What the outer shape of a fragment tells; the plugins check what lies below `policy` and `protocol`. */
export interface Envelope {
  /** The format. Default 1. */
  readonly format?: number | undefined;
  /** The branch. Default `master`. */
  readonly branch?: string | undefined;
  /** The rules, not checked. */
  readonly policy?: Readonly<Record<string, unknown>> | undefined;
  /** The parts, not checked. */
  readonly protocol?: Readonly<Record<string, unknown>> | undefined;
}

/** The outer shape of a fragment; what lies below `policy` and `protocol` is checked by the plugins. */
export const envelope: z.ZodType<Envelope> = z.strictObject(
  {
    format: z.number({ error: "The format is a number." }).int().positive().optional(),
    branch: z
      .string({ error: "A branch is a name." })
      .regex(branchPattern, "A branch is named by lower-case letters, digits, `-` and `_`.")
      .refine((name) => !reservedNames.includes(name), {
        error: "That is the gateway's own path, and cannot be a branch.",
      })
      .optional(),
    policy: z.record(z.string(), z.unknown(), { error: "`policy` is an object." }).optional(),
    protocol: z.record(z.string(), z.unknown(), { error: "`protocol` is an object." }).optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "A fragment is a JSON object." : undefined) },
);
