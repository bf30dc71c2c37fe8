// Headers of one connection (RFC 9110 7.6.1) and of message framing (RFC 9112), which the server sets itself.
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Checks whether a header belongs to one connection and must not be forwarded (S4.5).
 * @param name in lower case
 */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name) || name.startsWith("proxy-");
}
