import { hash } from "node:crypto";
import type { ServiceBroker } from "moleculer";
import { isCount, isObject, objectOrEmpty } from "./values.ts";

/** What a node announces about itself below `tidegate` in its metadata. */
export interface NodeCapabilities {
  /** The node's heartbeat interval in seconds. */
  readonly heartbeat?: number;
  /** Version of the cancellation protocol that the node supports. */
  readonly cancel?: number;
  /** The credit window, in bytes and chunks, that the node grants to each stream sent to it. */
  readonly credit?: readonly [bytes: number, chunks: number];
  /** Bytes of the largest message that the node joins from pieces. */
  readonly message?: number;
}

/** Adds to the capabilities in this node's metadata. Has to be called before the broker connects. */
export function announceCapabilities(broker: ServiceBroker, capabilities: NodeCapabilities): void {
  const { localNode } = broker.registry.nodes;
  const metadata: Record<string, unknown> = broker.metadata;
  broker.metadata = {
    ...metadata,
    tidegate: { ...objectOrEmpty(metadata.tidegate), ...capabilities },
  };
  if (localNode !== undefined) localNode.metadata = broker.metadata;
}

/** Reads the capabilities that a node announces. The values come from that node and are not checked. */
export function capabilitiesOf(
  broker: ServiceBroker,
  nodeID: string,
): Readonly<Partial<Record<keyof NodeCapabilities, unknown>>> {
  const metadata: unknown = broker.registry.nodes.get(nodeID)?.metadata;
  return objectOrEmpty(objectOrEmpty(metadata).tidegate);
}

/**
 * The largest fragment in bytes of JSON that the metadata carry (S13.1). NATS disconnects a node whose
 * metadata exceed 1 MB.
 */
const maxBytesInMetadata = 64 * 1_024;

/** The largest fragment in bytes of JSON that a gateway fetches (S13.1). */
export const maxFragmentBytes: number = 16 * 1_024 * 1_024;

/** The message about a fragment that exceeds `maxFragmentBytes`. */
export function tooLargeText(bytes: number): string {
  return (
    `The fragment has ${bytes} bytes of JSON; gateways fetch at most ${maxFragmentBytes}. It is not served. ` +
    "Split the service, or move the code of its functions into actions."
  );
}

/** Bytes that one answer of `$api` carries, before Base64. NATS and TCP limit packets to 1 MB. */
const pieceBytes = 192 * 1_024;

/** Stands in the metadata in place of a large fragment. */
export interface FragmentReference {
  /** SHA-256 of the fragment's JSON, in hex. */
  readonly hash: string;
  /** Length of the fragment's JSON in bytes. */
  readonly bytes: number;
}

/** A large fragment as its service keeps it. */
export interface LargeFragment {
  readonly reference: FragmentReference;
  /**
   * Answers `$api`: returns the piece that begins at byte `from`, as Base64; null if the request names
   * another hash.
   */
  piece(request: unknown): { readonly data: string } | null;
}

/** Prepares a fragment for `$api`; undefined if the fragment fits into the metadata or is no JSON. */
export function largeFragment(api: unknown): LargeFragment | undefined {
  const text = toJson(api);
  if (text === undefined || text.length * 3 <= maxBytesInMetadata) return undefined;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytesInMetadata) return undefined;
  const reference = { hash: hash("sha256", bytes), bytes: bytes.length };
  return {
    reference,
    piece: (request) => {
      if (!isObject(request) || request.hash !== reference.hash || !isCount(request.from)) return null;
      return { data: bytes.toString("base64", request.from, request.from + pieceBytes) };
    },
  };
}

/** Reads a reference from the metadata of another node; undefined if the value is no reference. */
export function readFragmentReference(value: unknown): FragmentReference | undefined {
  if (!isObject(value)) return undefined;
  const { hash: digest, bytes } = value;
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  return isCount(bytes) && bytes > 0 ? { hash: digest, bytes } : undefined;
}

function toJson(api: unknown): string | undefined {
  try {
    return JSON.stringify(api);
  } catch {
    return undefined;
  }
}
