import type { Explanations } from "./explanation.ts";

/** Codes of findings about the members of a fragment and about its place among others. */
export const fragmentCodes: Explanations = {
  PIN_REMOVED: {
    meaning: "An operator ended a pin, so that the newest fragment of the service is used again.",
    mend: "Nothing: the report says what is served now.",
  },
  FRAGMENT_INVALID: {
    meaning:
      "A value has the wrong type or form, or a required member is missing. The fragment is " +
      "refused; what was served before stays.",
    example: '{ "method": "FETCH", "path": "/", "call": "player.list" }',
    mend:
      "Write what the finding expects. An editor that knows the JSON Schema of fragments shows it " +
      "while you type.",
  },
  MEMBER_UNKNOWN: {
    meaning:
      "An object has a member that the fragment format does not have, usually a misspelled one. It " +
      "is an error, because an ignored member could open access.",
    example: '{ "action": "player.get", "parms": {} }',
    mend: "Correct or remove the member. `tidegate check --fix` renames it where only one name is near.",
  },
  PROTOCOL_UNKNOWN: {
    meaning: "The gateway has no protocol of this name, so the part is ignored.",
    example: '{ "protocol": { "Rest": { "basePath": "/players" } } }',
    mend: "Correct the name, or ask the operator to load the plugin of the protocol.",
  },
  FRAGMENT_TOO_LARGE: {
    meaning: "The fragment as JSON is longer than the limit, so it is refused unread.",
    example: "a fragment of 3,000,000 characters",
    mend: "Split the service, or move large texts out of the fragment.",
  },
  FRAGMENT_TOO_DEEP: {
    meaning: "Objects and lists are nested deeper than the limit, so the fragment is refused unread.",
    example: "`params` with 100 nested lists",
    mend: "Build the value in the action or in `map`.",
  },
  FINDINGS_MORE: {
    meaning:
      "The report has more findings than it can show. This line counts the others and names their codes.",
    mend: "Correct the findings that are shown, and check again.",
  },
  PATH_INVALID: {
    meaning: "A path of a route cannot be understood, or would match no request.",
    example: '{ "method": "GET", "path": "players/:id" }',
    mend: "Begin the path with a slash. Segments are text, `:name`, `:name(regex)`, or `*name` at the end.",
  },
  PATH_RESERVED: {
    meaning:
      "The route is on a path that belongs to the gateway or to another protocol, such as " +
      "`/~status` or `/graphql`.",
    example: '{ "basePath": "/~status", "routes": [{ "method": "GET", "path": "/", "map": "() => 1" }] }',
    mend: "Choose another path.",
  },
  ROUTE_TWICE: {
    meaning: "Two routes of the fragment match the same requests.",
    example: "`GET /:id` and `GET /:name`",
    mend: "Remove one of the routes, or change its path.",
  },
  ROUTES_TOO_MANY: {
    meaning: "The fragment has more routes in one protocol than the limit.",
    example: "1,001 routes in `REST`",
    mend: "Split the service, or replace many routes by one with parameters.",
  },
  REGEXES_TOO_MANY: {
    meaning: "The paths of the fragment contain more different regexes than the limit.",
    example: "101 routes, each with another `:id(regex)`",
    mend: "Use the same regex in several paths, or validate the value in the action.",
  },
  CLAIM_TAKEN: {
    meaning:
      "Another service on this branch already has the route, type or field. The owner keeps it, and " +
      "the fragment is refused.",
    example: "`team` publishes `GET /players/:id`, which `player` serves",
    mend: "Choose another name or path. If the owner removes it, the fragment is merged without a new start.",
  },
  CLAIM_WAITING: {
    meaning: "A definition uses a type that no service defines yet. The rest is served; this waits.",
    example: "extend type Team { players: [Player] }",
    mend: "Start the service that defines the type, or correct its name.",
  },
  FRAGMENT_OLDER: {
    meaning: "Another node of the service publishes a newer fragment, so this one is not used.",
    example: "a rolling deploy: the old node starts again while the new one runs",
    mend: "Usually nothing. If it does not end, compare the revisions and the clocks of the two nodes.",
  },
  FRAGMENT_PINNED: {
    meaning: "An operator pinned the service to another fragment.",
    example: "tidegate pin master player@1a2b3c4d",
    mend: "Ask the operator. The fragment is used when the pin is removed.",
  },
  CHANGE_BREAKING: {
    meaning:
      "The fragment changes the API in a way that can break clients. `schema.breakingChanges` " +
      "decides whether it is served.",
    example: "a route or a field was removed",
    mend: "Keep the old endpoint until no client uses it, or accept the change.",
  },
  DOCUMENTATION_ONLY: {
    meaning: "Only descriptions changed. The version stays the same, with the new descriptions.",
    mend: "Nothing.",
  },
  BRANCH_EXPOSED: {
    meaning:
      "A service of another branch than `master` is registered under its plain name, so calls and " +
      "events of all branches reach it.",
    example: "`metadata.api.branch` is `preview`, and the service does not use the mixin",
    mend: "Add the mixin `tidegate()` of `@tidegate/service-moleculer`.",
  },
  MERGE_FAILED: {
    meaning: "The gateway failed while it merged this fragment. All other services are served.",
    mend:
      "This is a fault of the gateway or of a plugin. Give its operator the report and the " +
      "gateway's log.",
  },
  PLUGIN_FAILED: {
    meaning: "A plugin of the gateway threw an error, answered wrongly, or took too long.",
    mend:
      "This is no fault of the fragment. Give the operator the report: the gateway's log names the " +
      "plugin and the cause.",
  },
};
