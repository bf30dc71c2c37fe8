/** One parameter: its name, and its value as a quoted string or as text up to the next semicolon. */
const parameter =
  /;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"[ \t]*|([^";]*))/gy;
const dispositionType = /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*/;
const beyondAscii = /[^\x20-\x7e]/;
const beyondAsciiTexts = /[^\x20-\x7e]+/gu;
const utf8Value = /^UTF-8'[^']*'/i;
/** What `encodeURIComponent` leaves as it is, although RFC 8187 does not allow it in a value. */
const unescaped = /['()*]/g;

/**
 * Encodes the parameters of `content-disposition` whose values are no ASCII as RFC 6266 and RFC 8187 say:
 * `filename="日.pdf"` becomes `filename="_.pdf"; filename*=UTF-8''%E6%97%A5.pdf`. A parameter that has an
 * encoded form already keeps that. Returns undefined where the value cannot be read.
 */
export function encodeDisposition(value: string): string | undefined {
  const type = dispositionType.exec(value);
  if (type === null) return undefined;
  const parameters = readParameters(value, type[0].length);
  if (parameters === undefined) return undefined;
  const encoded = new Set(parameters.filter(({ name }) => name.endsWith("*")).map(({ name }) => name));
  const parts = parameters.map(({ name, source, text }) => {
    if (!beyondAscii.test(text)) return source;
    if (name.endsWith("*")) return utf8Value.test(text) ? `${name}=${encodeRest(text)}` : undefined;
    const fallback = `${name}="${escapeQuotes(text.replaceAll(/[^\x20-\x7e]/gu, "_"))}"`;
    return encoded.has(`${name}*`) ? fallback : `${fallback}; ${name}*=UTF-8''${percentEncode(text)}`;
  });
  return parts.includes(undefined) ? undefined : [type[1], ...parts].join("; ");
}

/** Encodes what a service has left unencoded in a parameter such as `filename*`. */
function encodeRest(text: string): string {
  return text.replaceAll(beyondAsciiTexts, percentEncode);
}

interface Parameter {
  /** In lower case. */
  readonly name: string;
  /** The parameter as it was given. */
  readonly source: string;
  /** Its value without quotes. */
  readonly text: string;
}

function readParameters(value: string, begin: number): readonly Parameter[] | undefined {
  const parameters: Parameter[] = [];
  parameter.lastIndex = begin;
  let end = begin;
  for (let match = parameter.exec(value); match !== null; match = parameter.exec(value)) {
    const [whole, name = "", quoted, token = ""] = match;
    const text = quoted?.replaceAll(/\\(.)/gu, "$1") ?? token.trim();
    parameters.push({ name: name.toLowerCase(), source: whole.slice(1).trim(), text });
    end = parameter.lastIndex;
  }
  return /^;?[ \t]*$/.test(value.slice(end)) ? parameters : undefined;
}

function escapeQuotes(text: string): string {
  return text.replaceAll(/["\\]/g, "\\$&");
}

function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    unescaped,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
