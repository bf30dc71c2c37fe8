/**
 * Characters that no event name contains: wildcards, the other characters that patterns use, quotes, control
 * characters.
 */
const refusedCharacters = /[*?!{}[\]()|/\\"'\p{Cc}]/u;

const maxLength = 256;

/** Returns what is wrong with the name of an event that is to be sent (S6.5), or undefined. */
export function eventNameProblem(name: string): string | undefined {
  if (name.length > maxLength) return `The name of an event has at most ${maxLength} characters.`;
  if (name.startsWith("$")) return "Events whose name begins with `$` belong to the broker.";
  const [character] = refusedCharacters.exec(name) ?? [];
  if (character !== undefined)
    return `The name of an event cannot contain the character ${JSON.stringify(character)}.`;
  if (name.split(".").includes("")) return "The name of an event cannot have an empty segment.";
  return undefined;
}
