const identifier = /^[A-Za-z_$][\w$]*$/;

/**
 * Writes a JSON path in the notation of JavaScript: `protocol.REST.routes[2].call`, `policy.call[0]["a b"]`.
 *
 * @param keys outermost first
 * @param base the begin of the path; default: empty
 */
export function jsonPath(keys: readonly PropertyKey[], base = ""): string {
  let path = base;
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (typeof key === "string" && identifier.test(key)) path += path === "" ? key : `.${key}`;
    else path += `[${JSON.stringify(String(key))}]`;
  }
  return path;
}
