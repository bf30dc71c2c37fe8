export { locateInCall } from "./locate.ts";

/** Parses a JSON path such as `protocol.REST.routes[2].call` or `policy.call[0]["a b"]` into its keys. */
export function parseJsonPath(path: string): string[] {
  const segments = path.matchAll(/([A-Za-z_$][\w$]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g);
  return [...segments].map(([, name, index, quoted]) => name ?? index ?? unquoted(quoted));
}

function unquoted(text = ""): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
