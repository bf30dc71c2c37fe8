const maxLength = 256;

/** What is wrong with the name of an event that is to be sent or asked for (S6.5), or undefined. */
export function eventNameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return "The name of an event is a string.";
  if (name.length > maxLength) return `The name of an event has at most ${maxLength} characters.`;
  if (name.startsWith("$")) return "Events whose name begins with `$` are the broker's own.";
  if (name.includes("*")) return "An event has a name here, not a pattern: `*` is not allowed.";
  if (name.split(".").includes("")) return "The name of an event has no empty segment.";
  return undefined;
}

/** What is wrong with the name of an action that is to be mapped (S2.4), or undefined. */
export function actionNameProblem(name: string): string | undefined {
  if (name.length > maxLength) return `The name of an action has at most ${maxLength} characters.`;
  const segments = name.split(".");
  if (segments.includes("")) return "The name of an action has no empty segment.";
  if (segments.some((segment) => segment.startsWith("$")))
    return "Actions with a segment that begins with `$` are internal, and cannot be mapped.";
  return undefined;
}

/** Whether the text of `event` or `events` is a function rather than a name: it holds `=>`, or begins with `function`. */
export function isFunctionText(text: string): boolean {
  return text.includes("=>") || /^\s*(?:async\s+)?function\b/.test(text);
}
