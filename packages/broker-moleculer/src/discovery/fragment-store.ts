import { hash } from "node:crypto";
import type { Report } from "@tidegate/core-registry";
import { masterBranch } from "@tidegate/core-registry/runtime";
import {
  type FragmentReference,
  fragmentAction,
  maxFragmentBytes,
  objectOrEmpty,
  reportAction,
  tooLargeText,
} from "@tidegate/service-moleculer/wire";
import type { ServiceBroker } from "moleculer";

/**
 * Bytes of JSON of all fragments in the cache, so that a node that returns does not have to be asked again.
 */
const maxCachedBytes = 64 * 1_024 * 1_024;

/** Milliseconds that a node has to answer for one piece, and for all pieces of a fragment. */
const pieceTimeout = 5_000;
const fetchTimeout = 60_000;

/** Bytes that a piece needs to have, unless it is the last one. */
const minPieceBytes = 4 * 1_024;

const maxConcurrentFetches = 8;

/** Milliseconds until the first retry of a failed fetch; doubled with each attempt up to the second value. */
const firstRetryDelay = 500;
const maxRetryDelay = 30_000;

const maxRejectedSources = 1_000;

/** A service that hands out a fragment by its action `$api`. */
export interface FragmentSource {
  readonly node: string;
  /** The full name, with version and branch. */
  readonly service: string;
}

/** Tells a `FragmentStore` which fragments are needed, and receives those that were fetched. */
export interface FragmentUser {
  /** Whether a service still refers to a fragment. Asked before each attempt to fetch it. */
  isNeeded(hash: string): boolean;
  arrived(hash: string): void;
}

interface Fetch {
  readonly reference: FragmentReference;
  readonly sources: FragmentSource[];
  attempts: number;
  timer: NodeJS.Timeout | undefined;
}

/** Fetches the fragments that are too large for the metadata, once per content, and caches them. */
export class FragmentStore {
  readonly #broker: ServiceBroker;
  readonly #user: FragmentUser;
  readonly #cache = new Map<string, { readonly fragment: unknown; readonly bytes: number }>();
  #cachedBytes = 0;
  readonly #pending = new Map<string, Fetch>();
  readonly #queue: Fetch[] = [];
  readonly #running = new Set<Promise<void>>();
  /** Sources whose fragment does not match its reference. */
  readonly #rejected = new Set<string>();
  #stopped = false;

  constructor(broker: ServiceBroker, user: FragmentUser) {
    this.#broker = broker;
    this.#user = user;
  }

  /** Returns a fragment from the cache. If it is not there, returns undefined and fetches it. */
  find(reference: FragmentReference, source: FragmentSource): { readonly fragment: unknown } | undefined {
    const cached = this.#cache.get(reference.hash);
    if (cached !== undefined) return cached;
    const key = keyOf(reference, source);
    if (this.#rejected.has(key)) return undefined;
    const pending = this.#pending.get(reference.hash);
    if (pending !== undefined) {
      if (!pending.sources.some((other) => keyOf(reference, other) === key)) pending.sources.push(source);
    } else if (reference.bytes > maxFragmentBytes) {
      const reason = `its ${reference.bytes} bytes exceed the limit of ${maxFragmentBytes}`;
      this.#reject(reference, source, reason);
      void this.#reportTooLarge(reference, source);
    } else {
      const fetch: Fetch = { reference, sources: [source], attempts: 0, timer: undefined };
      this.#pending.set(reference.hash, fetch);
      this.#enqueue(fetch);
    }
    return undefined;
  }

  /** Resolves when no fetch is running. Does not wait for fetches that are to be retried. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Cancels all pending fetches; a running one is discarded when it ends. */
  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }

  #enqueue(fetch: Fetch): void {
    fetch.timer = undefined;
    this.#queue.push(fetch);
    this.#runQueue();
  }

  #runQueue(): void {
    while (!this.#stopped && this.#running.size < maxConcurrentFetches) {
      const fetch = this.#queue.shift();
      if (fetch === undefined) return;
      const running = this.#attempt(fetch).finally(() => {
        this.#running.delete(running);
        this.#runQueue();
      });
      this.#running.add(running);
    }
  }

  async #attempt(fetch: Fetch): Promise<void> {
    const { reference, sources } = fetch;
    const left = sources.filter((source) => this.#canUse(reference, source));
    if (left.length === 0 || !this.#user.isNeeded(reference.hash))
      return void this.#pending.delete(reference.hash);
    const ready = left.filter((source) => this.#isReady(source));
    const source = ready[fetch.attempts % Math.max(1, ready.length)];
    fetch.attempts += 1;
    if (source === undefined) return this.#retryLater(fetch);
    try {
      const text = await fetchText(this.#broker, reference, source);
      if (this.#stopped) return;
      if (hash("sha256", text) !== reference.hash) {
        this.#reject(reference, source, "it does not have the hash that the metadata state");
        return this.#enqueue(fetch);
      }
      this.#store(reference.hash, JSON.parse(text.toString()), text.length);
      this.#pending.delete(reference.hash);
    } catch (error) {
      this.#broker.logger.warn(
        `The fragment could not be fetched from ${nameOf(source)}. Will retry.`,
        error,
      );
      return this.#retryLater(fetch);
    }
    this.#user.arrived(reference.hash);
  }

  #canUse(reference: FragmentReference, source: FragmentSource): boolean {
    const isAvailable = this.#broker.registry.nodes.get(source.node)?.available ?? false;
    return isAvailable && !this.#rejected.has(keyOf(reference, source));
  }

  #isReady({ node, service }: FragmentSource): boolean {
    const endpoint = this.#broker.registry.getActionEndpointByNodeId(`${service}.${fragmentAction}`, node);
    return endpoint?.isAvailable ?? false;
  }

  #retryLater(fetch: Fetch): void {
    if (this.#stopped) return;
    const delay = Math.min(maxRetryDelay, firstRetryDelay * 2 ** Math.min(fetch.attempts - 1, 10));
    fetch.timer = setTimeout(() => this.#enqueue(fetch), delay).unref();
  }

  #reject(reference: FragmentReference, source: FragmentSource, reason: string): void {
    deleteOldest(this.#rejected, maxRejectedSources);
    this.#rejected.add(keyOf(reference, source));
    this.#broker.logger.warn(`The fragment from ${nameOf(source)} is rejected: ${reason}.`);
  }

  /** Tells the service that its fragment is too large. The core never sees the fragment, so it cannot. */
  async #reportTooLarge({ bytes }: FragmentReference, { node, service }: FragmentSource): Promise<void> {
    const message = tooLargeText(bytes);
    const report: Report = {
      contract: 1,
      gateway: this.#broker.nodeID,
      service,
      branch: masterBranch,
      occasion: "merge",
      state: "failed",
      changes: [],
      findings: [{ severity: "error", code: "FRAGMENT_TOO_LARGE", jsonPath: "", message }],
      console: [],
      urls: [],
      table: `${service}: the fragment was refused and is not served\n  error FRAGMENT_TOO_LARGE\n    ${message}`,
    };
    try {
      const options = { nodeID: node, timeout: pieceTimeout, retries: 0 };
      await this.#broker.call(`${service}.${reportAction}`, report, options);
    } catch (error) {
      this.#broker.logger.debug(`The report on ${service} could not be sent to node ${node}.`, error);
    }
  }

  #store(digest: string, fragment: unknown, bytes: number): void {
    this.#cache.set(digest, { fragment, bytes });
    this.#cachedBytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#cache) {
      if (this.#cachedBytes <= maxCachedBytes || oldest === digest) break;
      this.#cache.delete(oldest);
      this.#cachedBytes -= freed;
    }
  }
}

/** Makes room for one more entry. */
function deleteOldest(set: Set<string>, maxSize: number): void {
  if (set.size < maxSize) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}

function keyOf({ hash: digest }: FragmentReference, { node, service }: FragmentSource): string {
  return `${node} ${service} ${digest}`;
}

function nameOf({ node, service }: FragmentSource): string {
  return `${service}.${fragmentAction} of node ${node}`;
}

/**
 * Fetches a fragment piece by piece.
 * @throws if the node does not answer, or sends too little or too slowly
 */
async function fetchText(
  broker: ServiceBroker,
  reference: FragmentReference,
  { node, service }: FragmentSource,
): Promise<Buffer> {
  const action = `${service}.${fragmentAction}`;
  const options = { nodeID: node, timeout: pieceTimeout, retries: 0 };
  const deadline = Date.now() + fetchTimeout;
  const pieces: Buffer[] = [];
  let size = 0;
  while (size < reference.bytes) {
    const answer: unknown = await broker.call(action, { hash: reference.hash, from: size }, options);
    const { data } = objectOrEmpty(answer);
    const piece = Buffer.from(typeof data === "string" ? data : "", "base64");
    if (piece.length < Math.min(minPieceBytes, reference.bytes - size))
      throw new Error("The fragment ended early, or its pieces are too small.");
    size += piece.length;
    if (Date.now() > deadline) throw new Error(`The fragment took longer than ${fetchTimeout} ms.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
