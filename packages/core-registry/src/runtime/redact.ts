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
export const redactValue = "*REDACTED*";

/** What stands at the end of a text that was cut. */
export const omitted = "*OMITTED*";

/** What is written in place of what is left out. */
export interface Notations {
  /** In a secret's place. Default `*REDACTED*`. */
  readonly redacted?: string;
  /** At the end of a text that was cut. Default `*OMITTED*`. */
  readonly omitted?: string;
}

const member = /(?:"([^"\\]{1,100})"|'([^'\\]{1,100})'|(?<![\w$-])([\w$-]+))\s*[:=]\s*/g;
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g;
const credentials = /\b(Bearer|Basic|Digest|ApiKey)\s+[\w+/=.~-]+/gi;

/** Whether the values of a member may not be read. `more` are looked at beside the one list. */
export function isSecretName(name: string, more: readonly RegExp[] = []): boolean {
  // `search` has no memory: `test` would begin where a pattern with the flag g ended before.
  return [...secretNames, ...more].some((secret) => name.search(secret) >= 0);
}

/**
 * A text without the values of members with secret names and without credentials, cut.
 *
 * @param longest characters; default 1,000
 * @param more names beside the one list
 */
export function redactText(
  text: string,
  longest = 1_000,
  notations: Notations = {},
  more: readonly RegExp[] = [],
): string {
  const { redacted: hidden = redactValue, omitted: end = omitted } = notations;
  const cut = text.length > longest ? text.slice(0, longest) : text;
  const open = withoutSecrets(cut, hidden, more)
    .replace(credentials, (_, scheme: string) => `${scheme} ${hidden}`)
    .replace(jsonWebToken, () => hidden);
  return cut === text ? open : `${open}${end}`;
}

function withoutSecrets(text: string, hidden: string, more: readonly RegExp[]): string {
  let open = "";
  let at = 0;
  for (const match of text.matchAll(member)) {
    if (match.index < at) continue;
    const [whole, double, single, bare] = match;
    if (!isSecretName(double ?? single ?? bare ?? "", more)) continue;
    const begin = match.index + whole.length;
    const end = valueEnd(text, begin);
    if (end === begin) continue;
    open += `${text.slice(at, begin)}${hidden}`;
    at = end;
  }
  return open + text.slice(at);
}

/** Where a value ends: a quoted text, or what brackets hold, whole, also where the text was cut in it; else one word or two. */
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
