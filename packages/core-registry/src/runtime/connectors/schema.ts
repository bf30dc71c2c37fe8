import { z } from "zod";
import type {
  CallConfig,
  EndpointConnectors,
  PublishConfig,
  SubscribeConfig,
} from "../../contracts/connector.ts";
import type { Json } from "../../contracts/json.ts";

const text = (what: string): z.ZodString =>
  z.string({ error: `Expected ${what}.` }).min(1, `Expected ${what}, found an empty text.`);
const functionText = z.optional(text("the text of a function"));
const mapping: z.ZodType<Json | undefined> = z.json({ error: "A mapping is JSON." }).optional();
const flag = z.boolean({ error: "Expected true or false." }).optional();

/** `call`, in its long form (S2). */
export const callSchema: z.ZodType<CallConfig> = z.strictObject({
  action: text("the full name of an action"),
  params: mapping,
  implicitParams: flag,
  batchedParams: z.array(text("the name of a param")).optional(),
  if: functionText,
  map: functionText,
});

/** `publish` (S2). */
export const publishSchema: z.ZodType<PublishConfig> = z.strictObject(
  {
    event: text("the name of an event, or a function that makes one"),
    params: mapping,
    groups: z.array(text("the name of a group")).optional(),
    broadcast: flag,
    filter: functionText,
    map: functionText,
  },
  {
    error: (issue) => (issue.code === "invalid_type" ? "`publish` is an object with an `event`." : undefined),
  },
);

/** `subscribe` (S2). */
export const subscribeSchema: z.ZodType<SubscribeConfig> = z.strictObject(
  {
    events: z.union(
      [
        z.array(text("the name of an event, or a pattern")).min(1, "Expected at least one name or pattern."),
        text("a list of names and patterns, or a function that makes names"),
      ],
      { error: "Expected a list of names and patterns, or a function that makes names." },
    ),
    filter: functionText,
    map: functionText,
  },
  {
    error: (issue) => (issue.code === "invalid_type" ? "`subscribe` is an object with `events`." : undefined),
  },
);

/** The connectors of an endpoint as a service may write them, short forms included (S2.2). */
export interface ConnectorInput {
  /** An action's name, or the long form. */
  readonly call?: string | CallConfig | undefined;
  /** An action's name: the shortest form. */
  readonly action?: string | undefined;
  /** Beside a name: the mapping. */
  readonly params?: Json | undefined;
  /** Beside a name: whether declared params are filled in. */
  readonly implicitParams?: boolean | undefined;
  /** Beside a name: its `if`. */
  readonly if?: string | undefined;
  /** Sends an event. */
  readonly publish?: PublishConfig | undefined;
  /** Beside a name: its `map`. Alone: the connector. */
  readonly map?: string | undefined;
}

/** The zod members of `ConnectorInput`, for the strict objects of protocols: `z.strictObject({ path, ...connectorMembers })`. */
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

/** Told of a fault in an endpoint's connectors: where, from the endpoint inward, and what. */
export type ConnectorFault = (path: readonly string[], message: string) => void;

/**
 * Writes an endpoint's connectors in their long form (S2.2). Undefined where there is not exactly one; that is told.
 */
export function normalizeConnectors(
  input: ConnectorInput,
  fault: ConnectorFault,
): EndpointConnectors | undefined {
  if (input.call !== undefined && input.action !== undefined) {
    fault(["action"], "`action` is the short form of `call`: one of them is enough.");
    return undefined;
  }
  const short = typeof input.call === "string" ? "call" : input.action === undefined ? undefined : "action";
  if (short !== undefined) {
    if (input.publish !== undefined) return second("publish", "call", fault);
    return { call: shortCall(input), short };
  }
  const written = (["call", "publish", "map"] as const).filter((kind) => input[kind] !== undefined);
  const [kind, other] = written;
  if (kind === undefined) {
    fault([], "It does nothing: expected `call`, `publish` or `map`.");
    return undefined;
  }
  if (other !== undefined) return second(other, kind, fault);
  const stray = (["params", "implicitParams", "if"] as const).filter((member) => input[member] !== undefined);
  for (const member of stray) fault([member], `\`${member}\` belongs inside \`${kind}\`.`);
  if (stray.length > 0) return undefined;
  return typeof input.call === "object" ? { call: input.call } : { publish: input.publish, map: input.map };
}

function shortCall(input: ConnectorInput): CallConfig {
  const { params, implicitParams, map } = input;
  const action = typeof input.call === "string" ? input.call : (input.action ?? "");
  return { action, params, implicitParams, if: input.if, map };
}

function second(kind: string, first: string, fault: ConnectorFault): undefined {
  const hint = kind === "map" ? ` A \`map\` of its result stands inside \`${first}\`.` : "";
  fault([kind], `One endpoint has one connector, and this one has \`${first}\` already.${hint}`);
}

// A union would say no more than that neither fits; this checks the form that was meant, and says what is wrong in it.
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
