/**
 * Headers of one connection (RFC 9110 7.6.1 and 11.7) or of the framing of a message (RFC 9112), in lower
 * case. They are not passed on (S4.5): the server sets its own.
 */
export const hopByHopHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
