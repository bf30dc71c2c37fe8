/** Patterns of member names whose values are redacted in logs, reports, examples and explanations (S9.10). */
export const secretNames: readonly RegExp[] = [
  /password/i,
  /secret/i,
  /credential/i,
  /key/i,
  /token/i,
  /authorization/i,
  /cookie/i,
];

/** Replaces a secret where the caller chooses no other text. */
export const redactValue = "*REDACTED*";

/** Marks the end of a truncated text. */
export const omitted = "*OMITTED*";

/** The texts that replace secrets and omitted parts. */
export interface Notations {
  /** The text that replaces a secret. Default `*REDACTED*`. */
  readonly redacted?: string;
  /** Marks the end of a truncated text. Default `*OMITTED*`. */
  readonly omitted?: string;
}

const member = /(?:"([^"\\]{1,100})"|'([^'\\]{1,100})'|(?<![\w$-])([\w$-]+))\s*[:=]\s*/g;
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g;
const credentials = /\b(Bearer|Basic|Digest|ApiKey)\s+[\w+/=.~-]+/gi;

/**
 * Checks whether the values of a member are secret.
 * @param more patterns in addition to `secretNames`
 */
export function isSecretName(name: string, more: readonly RegExp[] = []): boolean {
  // `search` is stateless. `test` would continue after the last match of a pattern with the flag g.
  return [...secretNames, ...more].some((secret) => name.search(secret) >= 0);
}

/**
 * Truncates a text, and redacts credentials and the values of members with secret names.
 *
 * @param maxLength in characters; default 1,000
 * @param more patterns in addition to `secretNames`
 */
export function redactText(
  text: string,
  maxLength = 1_000,
  notations: Notations = {},
  more: readonly RegExp[] = [],
): string {
  const { redacted = redactValue, omitted: end = omitted } = notations;
  const truncated = text.length > maxLength ? text.slice(0, maxLength) : text;
  const result = redactMembers(truncated, redacted, more)
    .replace(credentials, (_, scheme: string) => `${scheme} ${redacted}`)
    .replace(jsonWebToken, () => redacted);
  return truncated === text ? result : `${result}${end}`;
}

function redactMembers(text: string, redacted: string, more: readonly RegExp[]): string {
  let result = "";
  let at = 0;
  for (const match of text.matchAll(member)) {
    if (match.index < at) continue;
    const [whole, double, single, bare] = match;
    if (!isSecretName(double ?? single ?? bare ?? "", more)) continue;
    const begin = match.index + whole.length;
    const end = valueEnd(text, begin);
    if (end === begin) continue;
    result += `${text.slice(at, begin)}${redacted}`;
    at = end;
  }
  return result + text.slice(at);
}

/**
 * Finds the end of a value: of a quoted text or of brackets with their content, even where the text was
 * truncated in them; otherwise of one word, or of a scheme and its credentials.
 */
function valueEnd(text: string, begin: number): number {
  const first = text[begin];
  if (first === '"' || first === "'" || first === "`") return quotedEnd(text, begin);
  if (first === "{" || first === "[" || first === "(") return bracketsEnd(text, begin);
  const scheme = /^(?:Bearer|Basic|Digest|ApiKey)\s+/i.exec(text.slice(begin, begin + 20))?.[0].length ?? 0;
  const rest = text.slice(begin + scheme).search(/[\s,;{}[\]]/);
  return rest < 0 ? text.length : begin + scheme + rest;
}

function quotedEnd(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[begin]) return at + 1;
  }
  return text.length;
}

function bracketsEnd(text: string, begin: number): number {
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    const sign = text[at] ?? "";
    if (sign === '"' || sign === "'" || sign === "`") at = quotedEnd(text, at) - 1;
    else if ("{[(".includes(sign)) depth++;
    else if ("}])".includes(sign) && --depth === 0) return at + 1;
  }
  return text.length;
}
