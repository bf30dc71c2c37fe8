import { isIP } from "node:net";
import {
  type AccessChange,
  type Clock,
  type CompiledRule,
  definePolicy,
  type Json,
  type Policy,
  type PolicyTools,
  type Scope,
  systemClock,
} from "@tidegate/core-registry";
import { canonicalJson } from "@tidegate/core-registry/runtime";
import { LRUCache } from "lru-cache";
import { z } from "zod";

declare module "@tidegate/core-registry" {
  interface FragmentRule {
    /** Limits how often each client can use the action or event. */
    readonly rateLimit?: RateLimit | undefined;
  }
}

/** The limit of one rule. Each client has a bucket of its own. */
export interface RateLimit {
  /** How many tokens a bucket gains in a second. */
  readonly perSecond: number;
  /** How many tokens a bucket can hold, and how many a new one has. */
  readonly burst: number;
  /**
   * The name of the context value that identifies the client, such as `auth`. Default `ip`. Clients without
   * the value share the bucket of their address.
   */
  readonly by?: string | undefined;
}

/** The member of a rule that belongs to this policy. */
export interface RateLimitRule {
  readonly rateLimit: RateLimit;
}

/** The options of the policy. */
export interface TokenBucketOptions {
  /** Default: the system clock. Tests give a clock of their own. */
  readonly clock?: Clock;
  /** How many buckets are kept for all rules together; the longest unused one is dropped. Default 10,000. */
  readonly maxBuckets?: number;
}

/** The tokens of one client, at a time in milliseconds. */
interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

const schema: z.ZodType<RateLimitRule> = z.strictObject({
  rateLimit: z.strictObject({
    perSecond: z.number().positive().max(1_000_000),
    burst: z.int().min(1).max(1_000_000),
    by: z.string().min(1).optional(),
  }),
});

/**
 * Creates the policy `rateLimit`: each access takes one token of the client's bucket, and an empty bucket
 * denies it with 429 and `Retry-After`. In `policy.subscribe` each delivered event takes a token, too.
 */
export function tokenBucket(options: TokenBucketOptions = {}): Policy<RateLimitRule> {
  const { clock = systemClock, maxBuckets = 10_000 } = options;
  const buckets = new LRUCache<string, Bucket>({ max: maxBuckets });
  return definePolicy({
    name: "rateLimit",
    members: ["rateLimit"],
    schema,
    compile: (rule, tools) => compile(rule, tools, buckets, clock),
    compare,
    dispose: () => buckets.clear(),
  });
}

function compile(
  { rateLimit }: RateLimitRule,
  { contexts, origin, addFinding }: PolicyTools,
  buckets: LRUCache<string, Bucket>,
  clock: Clock,
): CompiledRule {
  const { perSecond, burst, by = "ip" } = rateLimit;
  if (!contexts.includes(by))
    addFinding({
      severity: "error",
      code: "CONTEXT_MISSING",
      jsonPath: "rateLimit.by",
      message: `The gateway has no context value \`${by}\`.`,
      expected: `one of ${contexts.join(", ")}`,
    });
  // A changed fragment keeps the buckets of an unchanged rule: otherwise each publication would refill them.
  const rule = canonicalJson([origin.service, origin.jsonPath, perSecond, burst, by]);
  return {
    reads: [...new Set([by, "ip"])],
    cache: "never",
    decide: ({ scope }) => {
      const client = clientOf(scope, by);
      if (client === undefined)
        return { allowed: false, code: "FORBIDDEN", reason: "The client is unknown." };
      const key = `${rule} ${client}`;
      const now = clock.now();
      const { tokens: left, at } = buckets.get(key) ?? { tokens: burst, at: now };
      const tokens = Math.min(burst, left + (Math.max(0, now - at) / 1_000) * perSecond);
      if (tokens < 1)
        return { allowed: false, code: "RATE_LIMITED", retryAfter: Math.ceil((1 - tokens) / perSecond) };
      buckets.set(key, { tokens: tokens - 1, at: now });
      return true;
    },
  };
}

/** Identifies the client, as text of limited length: a client can choose some values. */
function clientOf({ context }: Scope, by: string): string | undefined {
  const value = by === "ip" ? undefined : context.view(by);
  if (value !== undefined && value !== null) return canonicalJson([by, value]).slice(0, 1_000);
  const address = context.view("ip");
  return typeof address === "string" && isIP(address) !== 0 ? address : undefined;
}

/** A limit is wider where it allows more in every respect. */
function compare(before: Json, after: Json): AccessChange {
  const [old, current] = [before, after].map((json) => schema.safeParse(json).data?.rateLimit);
  if (old === undefined || current === undefined || old.by !== current.by) return "unclear";
  if (old.perSecond <= current.perSecond && old.burst <= current.burst) return "wider";
  return old.perSecond >= current.perSecond && old.burst >= current.burst ? "narrower" : "unclear";
}
