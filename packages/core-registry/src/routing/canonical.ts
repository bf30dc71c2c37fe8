const overEncoded = /%(?:40|3A|24|26|2B|2C|3B|3D)/g;

/**
 * A path segment as it is compared: decoded once, then encoded the one way that RFC 3986 calls normal (`%7e` and `~`
 * are the same, `%2f` becomes `%2F`). Undefined where its percent-encoding is broken.
 */
export function canonicalSegment(segment: string): string | undefined {
  try {
    return encodeURIComponent(decodeURIComponent(segment)).replace(overEncoded, decodeURIComponent);
  } catch {
    return undefined;
  }
}
