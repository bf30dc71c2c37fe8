const plain = /^[A-Za-z_$][\w$]*$/;

/**
 * Writes a path into JSON the way people write it in JavaScript: `protocol.REST.routes[2].call`, `policy.call[0]["a b"]`.
 *
 * @param keys from the outside in
 * @param base what the path begins with; default nothing
 */
export function jsonPath(keys: readonly PropertyKey[], base = ""): string {
  let path = base;
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (typeof key === "string" && plain.test(key)) path += path === "" ? key : `.${key}`;
    else path += `[${JSON.stringify(String(key))}]`;
  }
  return path;
}
