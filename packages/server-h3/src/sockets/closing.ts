const longestReason = 123;

/** Whether an endpoint may close with a code (RFC 6455, 7.4; IANA's registry). */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** A close's reason, cut to what fits into its frame: 123 bytes, at the border of a character. */
export function cutReason(reason: string): string {
  const whole = reason.toWellFormed();
  const bytes = Buffer.from(whole);
  if (bytes.length <= longestReason) return whole;
  let end = longestReason;
  // Bytes 10xxxxxx go on with a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
