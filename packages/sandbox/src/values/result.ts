import type { Tokens } from "./argument.ts";

const protoKey = '"__proto__"';

/**
 * Makes a value of what came out of the sandbox. Empty text is undefined; a member `__proto__` is left out; a token is
 * the value again that it stands for.
 *
 * @param json made inside by the engine's own JSON, so a key is never written with escapes that were not needed
 */
export function decodeResult(json: string, tokens: Tokens | undefined): unknown {
  if (json === "") return undefined;
  const hasProto = json.includes(protoKey);
  if (tokens === undefined && !hasProto) return JSON.parse(json);
  return JSON.parse(json, (key, value) => {
    if (key === "__proto__") return undefined;
    if (tokens === undefined || typeof value !== "object" || value === null) return value;
    return Object.hasOwn(value, tokens.nonce) ? tokens.values[Number(value[tokens.nonce])] : value;
  });
}
