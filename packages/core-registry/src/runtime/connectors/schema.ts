import { z } from "zod";
import type {
  CallConfig,
  EndpointConnectors,
  PublishConfig,
  SubscribeConfig,
} from "../../contracts/connector.ts";
import type { Json } from "../../contracts/json.ts";

const text = (expected: string): z.ZodString =>
  z.string({ error: `Expected ${expected}.` }).min(1, `Expected ${expected}, found an empty string.`);
const functionText = z.optional(text("the text of a function"));
const mapping: z.ZodType<Json | undefined> = z.json({ error: "A mapping must be JSON." }).optional();
const flag = z.boolean({ error: "Expected true or false." }).optional();

/** The schema of `call` in its long form (S2). */
export const callSchema: z.ZodType<CallConfig> = z.strictObject({
  action: text("the full name of an action"),
  params: mapping,
  implicitParams: flag,
  batchedParams: z.array(text("the name of a param")).optional(),
  if: functionText,
  map: functionText,
});

/** Validates the `publish` of an endpoint (S2). */
export const publishSchema: z.ZodType<PublishConfig> = z.strictObject(
  {
    event: text("the name of an event, or a function that returns one"),
    params: mapping,
    groups: z.array(text("the name of a group")).optional(),
    broadcast: flag,
    filter: functionText,
    map: functionText,
  },
  {
    error: (issue) =>
      issue.code === "invalid_type" ? "`publish` must be an object with an `event`." : undefined,
  },
);

/** Validates the `subscribe` of an endpoint (S2). */
export const subscribeSchema: z.ZodType<SubscribeConfig> = z.strictObject(
  {
    events: z.union(
      [
        z.array(text("the name of an event, or a pattern")).min(1, "Expected at least one name or pattern."),
        text("a list of names and patterns, or a function that returns names"),
      ],
      { error: "Expected a list of names and patterns, or a function that returns names." },
    ),
    filter: functionText,
    map: functionText,
  },
  {
    error: (issue) =>
      issue.code === "invalid_type" ? "`subscribe` must be an object with `events`." : undefined,
  },
);

/** The connectors in the JSON of an endpoint, including the short forms (S2.2). */
export interface ConnectorInput {
  /** The action's name, or the long form. */
  readonly call?: string | CallConfig | undefined;
  /** The action's name, in the shortest form. */
  readonly action?: string | undefined;
  /** The mapping, in a short form. */
  readonly params?: Json | undefined;
  /** Whether declared params are filled in, in a short form. */
  readonly implicitParams?: boolean | undefined;
  /** The condition, in a short form. */
  readonly if?: string | undefined;
  readonly publish?: PublishConfig | undefined;
  /** In a short form: the call's `map`. Alone: the connector `map`. */
  readonly map?: string | undefined;
}

/**
 * The Zod schemas of `ConnectorInput`, for the objects of protocols: `z.strictObject({ path,
 * ...connectorMembers })`.
 */
export const connectorMembers: {
  readonly [Member in keyof Required<ConnectorInput>]: z.ZodOptional<z.ZodType<ConnectorInput[Member]>>;
} = {
  call: nameOr(callSchema, "the name of an action, or an object with an `action`"),
  action: text("the full name of an action").optional(),
  params: z.optional(mapping),
  implicitParams: z.optional(flag),
  if: z.optional(functionText),
  publish: publishSchema.optional(),
  map: z.optional(functionText),
};

/** Receives a problem of an endpoint: the keys below the endpoint, outermost first, and the message. */
export type ConnectorFault = (path: readonly string[], message: string) => void;

/**
 * Converts the connector of an endpoint to its long form (S2.2).
 * @returns undefined, after a call of `fault`, where the endpoint does not have exactly one connector
 */
export function normalizeConnectors(
  input: ConnectorInput,
  fault: ConnectorFault,
): EndpointConnectors | undefined {
  if (input.call !== undefined && input.action !== undefined) {
    fault(["action"], "`action` is the short form of `call`. Remove one of them.");
    return undefined;
  }
  const short = typeof input.call === "string" ? "call" : input.action === undefined ? undefined : "action";
  if (short !== undefined) {
    if (input.publish !== undefined) return reportSecond("publish", "call", fault);
    return { call: shortCall(input), short };
  }
  const kinds = (["call", "publish", "map"] as const).filter((kind) => input[kind] !== undefined);
  const [kind, other] = kinds;
  if (kind === undefined) {
    fault([], "The endpoint has no connector: expected `call`, `publish` or `map`.");
    return undefined;
  }
  if (other !== undefined) return reportSecond(other, kind, fault);
  const misplaced = (["params", "implicitParams", "if"] as const).filter(
    (member) => input[member] !== undefined,
  );
  for (const member of misplaced) fault([member], `Move \`${member}\` into \`${kind}\`.`);
  if (misplaced.length > 0) return undefined;
  return typeof input.call === "object" ? { call: input.call } : { publish: input.publish, map: input.map };
}

function shortCall(input: ConnectorInput): CallConfig {
  const { params, implicitParams, map } = input;
  const action = typeof input.call === "string" ? input.call : (input.action ?? "");
  return { action, params, implicitParams, if: input.if, map };
}

function reportSecond(kind: string, first: string, fault: ConnectorFault): undefined {
  const hint = kind === "map" ? ` To map its result, move \`map\` into \`${first}\`.` : "";
  fault([kind], `An endpoint can have only one connector, and this one already has \`${first}\`.${hint}`);
}

// The error of a union would say only that no alternative matches. This validates the form that the developer
// chose.
function nameOr<Config>(
  config: z.ZodType<Config>,
  expected: string,
): z.ZodOptional<z.ZodType<string | Config>> {
  const { $schema: _, ...described } = z.toJSONSchema(config, { io: "input" });
  const either: z.ZodType<string | Config> = z
    .any()
    .superRefine((value, context) => {
      if (typeof value === "string" && value !== "") return;
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        context.addIssue({ code: "custom", message: `Expected ${expected}.` });
        return;
      }
      for (const issue of config.safeParse(value).error?.issues ?? [])
        context.issues.push({ ...issue, input: value });
    })
    .meta({ anyOf: [{ type: "string", minLength: 1 }, described] });
  return either.optional();
}
