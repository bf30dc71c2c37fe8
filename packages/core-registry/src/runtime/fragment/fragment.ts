import { z } from "zod";

/** The fragment format of this gateway (S1). */
export const fragmentFormat = 1;

/** The name of the branch that always exists. */
export const masterBranch = "master";

/** Names of the gateway's own paths below `/~`. A branch cannot have such a name (S9.11). */
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

/** Matches the name of a branch: lower-case letters, digits, `-` and `_` (S1.1). */
export const branchPattern: RegExp = /^[a-z0-9_-]{1,64}$/;

/** The outer members of a fragment. Plugins validate the content of `policy` and `protocol`. */
export interface Envelope {
  /** The JSON Schema of the fragment, for editors. */
  readonly $schema?: string | undefined;
  /** The version of the fragment format. Default 1. */
  readonly format?: number | undefined;
  /** The branch that the service belongs to. Default `master`. */
  readonly branch?: string | undefined;
  /** The access rules, which the policies validate. */
  readonly policy?: Readonly<Record<string, unknown>> | undefined;
  /** The parts by protocol, not validated. */
  readonly protocol?: Readonly<Record<string, unknown>> | undefined;
}

/** Validates the outer members of a fragment. */
export const envelope: z.ZodType<Envelope> = z.strictObject(
  {
    $schema: z.string({ error: "`$schema` must be a string." }).optional(),
    format: z.number({ error: "`format` must be a number." }).int().positive().optional(),
    branch: z
      .string({ error: "`branch` must be a string." })
      .regex(branchPattern, "The name of a branch has 1 to 64 lower-case letters, digits, `-` and `_`.")
      .refine((name) => !reservedNames.includes(name), {
        error: "The gateway reserves this name for a path of its own. Choose another name for the branch.",
      })
      .optional(),
    policy: z.record(z.string(), z.unknown(), { error: "`policy` must be an object." }).optional(),
    protocol: z.record(z.string(), z.unknown(), { error: "`protocol` must be an object." }).optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "A fragment must be a JSON object." : undefined) },
);
