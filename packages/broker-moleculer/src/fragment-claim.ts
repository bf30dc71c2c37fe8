import { hash } from "node:crypto";

/** The action by which a service hands out a fragment that is too large for its metadata. */
export const fragmentAction = "$api";

/** Bytes of JSON over which a fragment does not travel in the metadata (S13.1): NATS ends a node whose metadata exceed 1 MB. */
export const largestInMetadata: number = 64 * 1_024;

/** Bytes that one answer of `$api` carries, before Base64: NATS and TCP end packets at 1 MB. */
const pieceBytes = 192 * 1_024;

/** What stands in the metadata instead of a large fragment. */
export interface FragmentClaim {
  /** SHA-256 of its JSON, hex. */
  readonly hash: string;
  /** Bytes of its JSON. */
  readonly bytes: number;
}

/** A large fragment on the side of its service. */
export interface LargeFragment {
  /** What is said of it. */
  readonly claim: FragmentClaim;
  /** Answers `$api`: the piece that begins at `from` as Base64; null where another fragment is meant. */
  piece(request: unknown): { readonly data: string } | null;
}

/** Makes a fragment ready to be fetched; undefined where it is small enough to travel, or no JSON. */
export function largeFragment(api: unknown): LargeFragment | undefined {
  const text = jsonOf(api);
  if (text === undefined || text.length * 3 <= largestInMetadata) return undefined;
  const bytes = Buffer.from(text);
  if (bytes.length <= largestInMetadata) return undefined;
  const claim = { hash: hash("sha256", bytes), bytes: bytes.length };
  return {
    claim,
    piece: (request) => {
      if (typeof request !== "object" || request === null) return null;
      const { hash: wanted, from } = request as { hash?: unknown; from?: unknown };
      if (wanted !== claim.hash || typeof from !== "number" || !Number.isSafeInteger(from) || from < 0)
        return null;
      return { data: bytes.toString("base64", from, from + pieceBytes) };
    },
  };
}

/** Reads a claim that came from outside. */
export function readClaim(value: unknown): FragmentClaim | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { hash: digest, bytes } = value as { hash?: unknown; bytes?: unknown };
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes <= 0) return undefined;
  return { hash: digest, bytes };
}

function jsonOf(api: unknown): string | undefined {
  try {
    return JSON.stringify(api);
  } catch {
    return undefined;
  }
}
