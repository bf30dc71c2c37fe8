import { hash } from "node:crypto";
import type { ServiceBroker } from "moleculer";
import type { FragmentClaim } from "./fragment-claim.ts";

/** Bytes of JSON that a fragment may have. */
const largestFragment = 16 * 1_024 * 1_024;

/** Bytes of JSON whose fragments are remembered, so that a node that comes back need not be asked. */
const rememberedBytes = 64 * 1_024 * 1_024;

/** Milliseconds that a node may take for one piece. */
const pieceTimeout = 5_000;

/** Milliseconds that it may take for all of them. */
const fetchTimeout = 60_000;

/** Bytes that a piece must have, unless it is the last one. */
const leastPiece = 4 * 1_024;

/** Fragments that are fetched at the same time. */
const mostAtOnce = 8;

/** Milliseconds until a fetch that failed is tried again: the first, and the most. */
const firstRetry = 500;
const longestRetry = 30_000;

/** Claims that turned out wrong and are remembered. */
const mostRefused = 1_000;

/** Where a fragment can be fetched. */
export interface FragmentSource {
  /** The node. */
  readonly node: string;
  /** The full name of its action `$api`. */
  readonly action: string;
}

/** Fragments that are too large for the metadata, by hash. */
export interface FragmentStore {
  /** The fragment, where it is here. Else undefined, and it is fetched, once for all who ask. */
  find(claim: FragmentClaim, source: FragmentSource): { readonly fragment: unknown } | undefined;
  /** Resolves when nothing is on its way; what waits to be tried again is not waited for. */
  settled(): Promise<void>;
  /** Fetches no more. */
  stop(): void;
}

interface Pending {
  readonly claim: FragmentClaim;
  readonly sources: FragmentSource[];
  attempts: number;
  timer: NodeJS.Timeout | undefined;
}

/** Who waits for fragments, by their hashes. */
export interface FragmentReader {
  /** Whether a fragment is still waited for: a service may have changed meanwhile. */
  isWanted(hash: string): boolean;
  /** A fragment came. */
  arrived(hash: string): void;
}

/** Makes a store that fetches by `broker`. */
export function createFragmentStore(broker: ServiceBroker, reader: FragmentReader): FragmentStore {
  const known = new Map<string, { readonly fragment: unknown; readonly bytes: number }>();
  const pending = new Map<string, Pending>();
  const refused = new Set<string>();
  const queue: Pending[] = [];
  const running = new Set<Promise<void>>();
  let total = 0;
  let over = false;

  const remember = (digest: string, fragment: unknown, bytes: number): void => {
    known.set(digest, { fragment, bytes });
    total += bytes;
    for (const [oldest, { bytes: freed }] of known) {
      if (total <= rememberedBytes || oldest === digest) break;
      known.delete(oldest);
      total -= freed;
    }
  };

  const refuse = ({ claim }: Pending, source: FragmentSource, why: string): void => {
    for (const oldest of refused.size < mostRefused ? [] : [...refused].slice(0, 1)) refused.delete(oldest);
    refused.add(keyOf(claim, source));
    broker.logger.warn(
      `The fragment that ${source.action} of node ${source.node} hands out is refused: ${why}.`,
    );
  };

  const isNode = ({ node }: FragmentSource): boolean => broker.registry.nodes.get(node)?.available ?? false;
  const canServe = ({ node, action }: FragmentSource): boolean =>
    broker.registry.getActionEndpointByNodeId(action, node)?.isAvailable ?? false;

  const attempt = async (wanted: Pending): Promise<void> => {
    const { claim, sources } = wanted;
    const left = sources.filter((source) => isNode(source) && !refused.has(keyOf(claim, source)));
    if (left.length === 0 || !reader.isWanted(claim.hash)) return void pending.delete(claim.hash);
    const there = left.filter(canServe);
    const source = there[wanted.attempts % Math.max(1, there.length)];
    wanted.attempts += 1;
    if (source === undefined) return retryLater(wanted);
    try {
      const text = await fetchText(broker, claim, source);
      if (over) return;
      if (hash("sha256", text) !== claim.hash) {
        refuse(wanted, source, "it does not have the hash that its metadata say");
        return enqueue(wanted);
      }
      remember(claim.hash, JSON.parse(text.toString()), text.length);
      pending.delete(claim.hash);
    } catch (error) {
      broker.logger.warn(`${source.action} of node ${source.node} did not hand out its fragment.`, error);
      return retryLater(wanted);
    }
    reader.arrived(claim.hash);
  };

  const retryLater = (wanted: Pending): void => {
    if (over) return;
    const ms = Math.min(longestRetry, firstRetry * 2 ** Math.min(wanted.attempts - 1, 10));
    wanted.timer = setTimeout(() => enqueue(wanted), ms).unref();
  };

  const next = (): void => {
    while (!over && running.size < mostAtOnce) {
      const wanted = queue.shift();
      if (wanted === undefined) return;
      const run = attempt(wanted).finally(() => {
        running.delete(run);
        next();
      });
      running.add(run);
    }
  };

  const enqueue = (wanted: Pending): void => {
    wanted.timer = undefined;
    queue.push(wanted);
    next();
  };

  return {
    find: (claim, source) => {
      const here = known.get(claim.hash);
      if (here !== undefined) return here;
      if (refused.has(keyOf(claim, source))) return undefined;
      const waiting = pending.get(claim.hash);
      if (waiting !== undefined) {
        if (!waiting.sources.some((other) => keyOf(claim, other) === keyOf(claim, source)))
          waiting.sources.push(source);
        return undefined;
      }
      const wanted: Pending = { claim, sources: [source], attempts: 0, timer: undefined };
      if (claim.bytes > largestFragment) {
        refuse(wanted, source, `${claim.bytes} bytes are more than ${largestFragment}`);
        return undefined;
      }
      pending.set(claim.hash, wanted);
      enqueue(wanted);
      return undefined;
    },
    settled: async () => {
      while (running.size > 0) await Promise.allSettled(running);
    },
    stop: () => {
      over = true;
      queue.length = 0;
      for (const { timer } of pending.values()) clearTimeout(timer);
      pending.clear();
    },
  };
}

function keyOf({ hash: digest }: FragmentClaim, { node, action }: FragmentSource): string {
  return `${node} ${action} ${digest}`;
}

/** Fetches piece by piece. @throws where the node does not answer, or hands out too little or too much */
async function fetchText(
  broker: ServiceBroker,
  claim: FragmentClaim,
  { node, action }: FragmentSource,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const end = Date.now() + fetchTimeout;
  let size = 0;
  while (size < claim.bytes) {
    const params = { hash: claim.hash, from: size };
    const answer: unknown = await broker.call(action, params, {
      nodeID: node,
      timeout: pieceTimeout,
      retries: 0,
    });
    const piece = Buffer.from(dataOf(answer), "base64");
    if (piece.length < Math.min(leastPiece, claim.bytes - size))
      throw new Error("It ended early, or came in too small pieces.");
    size += piece.length;
    if (Date.now() > end) throw new Error("It took too long.");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function dataOf(answer: unknown): string {
  const { data } = (answer ?? {}) as { data?: unknown };
  return typeof data === "string" ? data : "";
}
