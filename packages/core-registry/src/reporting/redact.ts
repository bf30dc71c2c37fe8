/** Names of members whose values nobody may read in logs, reports, examples and explanations. One list for all (S9.10). */
export const secretNames: readonly RegExp[] = [
  /password/i,
  /secret/i,
  /credential/i,
  /key/i,
  /token/i,
  /authorization/i,
  /cookie/i,
];

/** What stands in a secret's place. */
export const redacted = "*REDACTED*";

/** What stands at the end of a text that was cut. */
export const omitted = "*OMITTED*";

const member = /(["']?)([\w$-]+)\1(\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;{}[\]]+)/g;
const bearer = /\b(Bearer|Basic)\s+[\w+/=.~-]+/gi;

/**
 * A text without the values of members with secret names and without credentials, cut.
 *
 * @param longest characters; default 1,000
 */
export function redactText(text: string, longest = 1_000): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}${omitted}` : text;
  return cut
    .replace(bearer, `$1 ${redacted}`)
    .replace(member, (whole, quote: string, name: string, sign: string) =>
      secretNames.some((secret) => secret.test(name)) ? `${quote}${name}${quote}${sign}${redacted}` : whole,
    );
}
