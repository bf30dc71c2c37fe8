import type { SubscribeConfig } from "../contracts/connector.ts";
import { TidegateError } from "../errors.ts";
import { eventNameProblem, isFunctionText } from "./event-name.ts";
import { namePatternProblem } from "./name-pattern.ts";
import type { ConnectorTools } from "./tools.ts";

/** How many names a function may make for one subscription. */
const mostNames = 1_000;

/**
 * The names and patterns that a subscription has in writing, checked (S6.5, S7.1); undefined where a function makes them.
 *
 * @param jsonPath where they stand
 */
export function writtenEvents(
  events: SubscribeConfig["events"],
  jsonPath: string,
  { addFinding }: Pick<ConnectorTools, "addFinding">,
): readonly string[] | undefined {
  const fault = { severity: "error", code: "EVENT_NAME_INVALID" } as const;
  if (typeof events === "string") {
    if (!isFunctionText(events))
      addFinding({
        ...fault,
        jsonPath,
        message: "`events` is a list, or the text of a function.",
        expected: `["${events}"], or a function that makes names: it holds \`=>\` or begins with \`function\``,
        found: events,
      });
    return undefined;
  }
  for (const [index, event] of events.entries()) {
    const problem = patternProblem(event);
    if (problem === undefined) continue;
    addFinding({ ...fault, jsonPath: `${jsonPath}[${index}]`, message: problem, found: event });
  }
  return [...new Set(events)];
}

/**
 * The names that a function made: one, or a list of them.
 * @throws {TidegateError} `EVENT_NAME_INVALID` where one is no name, or a pattern (S6.5)
 */
export function madeEvents(made: unknown): readonly string[] {
  const names = new Set<string>();
  for (const name of asList(made)) {
    const problem = eventNameProblem(name);
    if (problem !== undefined || typeof name !== "string")
      throw new TidegateError("EVENT_NAME_INVALID", problem);
    names.add(name);
  }
  if (names.size === 0) throw new TidegateError("EVENT_NAME_INVALID", "No event is named.");
  if (names.size > mostNames)
    throw new TidegateError(
      "EVENT_NAME_INVALID",
      `At most ${mostNames} events can be subscribed to at once.`,
    );
  return [...names];
}

function asList(made: unknown): readonly unknown[] {
  if (Array.isArray(made)) return made;
  return made === undefined || made === null ? [] : [made];
}

function patternProblem(event: string): string | undefined {
  if (event.startsWith("$"))
    return "Events whose name begins with `$` are the broker's own: they are never delivered.";
  return namePatternProblem(event);
}
