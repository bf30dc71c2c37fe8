import type { Explanations } from "./explanation.ts";

/** Codes of findings about connectors, params and rules. */
export const connectorCodes: Explanations = {
  ACTION_UNKNOWN: {
    meaning: "No service provides the action yet. Calls are answered with 503 until one does.",
    example: '{ "call": "player.gett" }',
    mend: "Correct the name, or start the service.",
  },
  EVENT_UNKNOWN: {
    meaning:
      "Nothing that is known sends or receives the event, and its name is one slip away from another one.",
    example: '{ "publish": "player.updatd" } beside a service that listens to `player.updated`',
    mend: "Correct the name. The warning ends when something receives the event.",
  },
  ACTION_UNGUARDED: {
    meaning:
      "One fragment guards the action with a rule, and another one exposes the same action without a rule. " +
      "Both services get this warning (S7.7).",
    example: '{ "call": "player.delete" } in a fragment without a rule for `player.delete`',
    mend: "Add a rule for the action, or let its owner set `policy.owner`.",
  },
  RULE_MATCHES_NOTHING: {
    meaning: "No action or event that the fragment uses matches the pattern, so the rule guards nothing.",
    example: '{ "actions": ["plyer.delete"], "scope": ["admin"] }',
    mend: "Correct the name, or remove the pattern.",
  },
  RULE_WITHOUT_CONDITION: {
    meaning: "The rule has patterns and no condition, so it allows everything.",
    example: '{ "actions": ["player.delete"] }',
    mend: "Add a condition such as `scope` or `filter`, or remove the rule.",
  },
  ACTION_UNPUBLISHED: {
    meaning:
      "The action exists, but its visibility does not allow other nodes to call it through the gateway.",
    example: 'actions: { secret: { visibility: "private", handler } }',
    mend: "Give the action the visibility `published`, or map another one.",
  },
  ACTION_NAME_INVALID: {
    meaning: "The name of an action contains characters that no rule could match, or is empty.",
    example: '{ "call": "player.*" }',
    mend: "Write the full name of one action, such as `v2.player.get`.",
  },
  EVENT_NAME_INVALID: {
    meaning: "The name of an event contains characters that no rule could match, or is empty.",
    example: '{ "publish": { "event": "player.{id}" } }',
    mend: "Use letters, digits, `.`, `-` and `_`. Only `subscribe` takes patterns.",
  },
  CAPABILITY_MISSING: {
    meaning:
      "The broker that the service runs on cannot do what the connector needs, such as publishing " +
      "events. Clients get 501.",
    example: "`publish` in a service behind an HTTP broker",
    mend: "Remove the connector, or run the service on a broker that supports it.",
  },
  PARAMS_INVALID: {
    meaning: "A mapping of params cannot be understood.",
    example: '{ "params": { "id": "@path.id:numbr" } }',
    mend: "Write `@source.path`, with `:number`, `:boolean` or `:string` for a cast.",
  },
  PARAMS_NEVER: {
    meaning: "A mapping reads a member that is never readable, such as one of the prototype.",
    example: '{ "params": { "x": "@body.__proto__" } }',
    mend: "Remove the param.",
  },
  PARAMS_UNDECLARED: {
    meaning:
      "The action declares no params, so the gateway fills none in: only what `params` names is passed.",
    example: '{ "method": "GET", "path": "/:id", "call": "player.get" }, and `player.get` has no `params`',
    mend: "Declare the params of the action, or name them in `params`.",
  },
  SOURCE_UNKNOWN: {
    meaning: "A text begins with `@` and a name that is no source, so it is sent unchanged.",
    example: '{ "params": { "id": "@param.id" } }',
    mend:
      "Use one of the sources that the finding lists. A text that is meant to begin with `@` needs " +
      "nothing.",
  },
  SOURCE_FOREIGN: {
    meaning: "The source belongs to another protocol and never has a value here.",
    example: "`@args.id` in a REST route",
    mend: "Use one of the sources that the finding lists.",
  },
  CONTEXT_UNKNOWN: {
    meaning: "The gateway has no context value of this name, so the mapping never has a value.",
    example: '{ "params": { "tenant": "@context.tenent" } }',
    mend: "Correct the name, or ask the operator to add the context.",
  },
  BATCHING_INVALID: {
    meaning:
      "`[]` marks a param of a batched call, which exists only in GraphQL and only at the top level " +
      "of `params`.",
    example:
      '{ "method": "GET", "path": "/:id", "call": { "action": "player.get", "params": { "id": ' +
      '"@path.id[]" } } }',
    mend: "Remove `[]`: each request is a separate call.",
  },
  RULES_TOO_MANY: {
    meaning: "The rules of one kind have more patterns than the limit.",
    example: "1,001 patterns in `policy.call`",
    mend: "Use one pattern for many names: `player.*`.",
  },
  POLICY_OFF: {
    meaning: "The operator disabled the policy of this rule, so the rule is not checked.",
    example: "`scope` in a rule, and `schema.policy.scope: false` in the configuration",
    mend: "Ask the operator whether that is intended.",
  },
  AUTH_MISSING: {
    meaning:
      "The rule reads `auth`, and the gateway authenticates nobody, so every client is anonymous. A " +
      "rule with `scope` then denies every client.",
    example:
      '{ "actions": ["player.*"], "scope": ["admin"] }, and no `server.context.auth` in the configuration',
    mend:
      "Configure `server.context.auth` of the gateway: a secret or key set for JSON Web Tokens, or " +
      "a parser of your own.",
  },
  FILTER_RESULT: {
    meaning: "A `filter` answered with something else than a boolean, so the rule denied the access.",
    example: "({ context }) => context.auth && context.auth.identity.isAdmin",
    mend: "Return a boolean: `a === b` is one, `a && b` can be another value.",
  },
  HEADER_DROPPED: {
    meaning:
      "A response sets a header that only the gateway can set, such as `content-length`, or a header whose " +
      "value has characters beyond latin1. The header was removed.",
    example: '({ response }) => ({ $headers: { "transfer-encoding": "chunked" }, $body: response })',
    mend: "Remove the header from `$headers`, or encode its value.",
  },
  MESSAGE_FAILED: {
    meaning: "A message of a WebSocket client could not be published. The client got the error as a message.",
    example: "a message that is no JSON, on a route with `publish`",
    mend: "Read the message of the finding: it names the cause.",
  },
};
