/** Headers of one connection (RFC 9110 7.6.1) or of the framing of a message (RFC 9112): the server sets them itself. */
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
 * Whether a header belongs to one connection and must not be passed on (S4.5).
 * @param name in lower case
 */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name) || name.startsWith("proxy-");
}
