import { LRUCache } from "lru-cache";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import { attachedValue, memoize } from "../../runtime/memoize.ts";
import { isTagOf } from "../versions/compiled-version.ts";
import { type ListedRoute, listedRoutes } from "../versions/route-text.ts";
import { type CompiledFragment, fragmentText } from "./compile-fragment.ts";

/** A fragment that is not compiled: all that is needed to compile it again (S9.5). */
export interface StoredFragment {
  readonly service: string;
  /** The hash of the definition, without documentation: 32 hex digits (S1.4). */
  readonly hash: string;
  /**
   * The fragment as its service published it; with the newest documentation, which the hash does not cover
   * (S1.4).
   */
  readonly raw: unknown;
  /** Its routes, for `/~status`. */
  readonly routes: readonly ListedRoute[];
}

/**
 * Stores fragments and compiles each one only once. The store references stored fragments weakly: versions,
 * pins and ledgers keep them alive. Compiled fragments are not stored, but looked up where they are in use,
 * except for the last few.
 */
export interface FragmentStore {
  /**
   * Compiles a published fragment. Returns at once where it is in use. Rejects for no fault of the fragment.
   */
  compile(raw: unknown, service: string): CompiledFragment | Promise<CompiledFragment>;
  /** Stores a fragment. Returns the same object for the same hash. */
  store(fragment: CompiledFragment): StoredFragment;
  /** Compiles a stored fragment again. Returns at once where it is in use. */
  recompile(stored: StoredFragment): CompiledFragment | Promise<CompiledFragment>;
  /** Finds a stored fragment of a service by at least the first 8 digits of its hash. */
  find(service: string, hash: string): StoredFragment | undefined;
  /** Finds a stored fragment of any service by at least the first 8 digits of its hash. */
  byHash(hash: string): StoredFragment | undefined;
}

/** How `createFragmentStore` compiles fragments, and finds those in use. */
export interface FragmentStoreOptions {
  compile(raw: unknown, service: string): Promise<CompiledFragment>;
  /**
   * The compiled fragments of a service that are in use. Of equal ones that with the newest documentation
   * comes first.
   */
  inUse(service: string): Iterable<CompiledFragment>;
}

/** How many compiled fragments are kept although they are not in use, since their nodes can come back. */
const maxRecent = 16;

interface MutableStored extends StoredFragment {
  raw: unknown;
  routes: readonly ListedRoute[];
}

/**
 * Creates an empty store. It holds no weak references to compiled fragments: the collector would keep their
 * targets until the next full collection, and copy one more compiled fragment after each change.
 */
export function createFragmentStore({ compile, inUse }: FragmentStoreOptions): FragmentStore {
  const textHashes = attachedValue<CompiledFragment, string>();
  const recent = new LRUCache<string, CompiledFragment>({ max: maxRecent });
  const storedByHash = weakMap<MutableStored>();

  const store = memoize((fragment: CompiledFragment): MutableStored => {
    const { service, hash, raw } = fragment;
    const known = storedByHash.get(hash);
    const newest = { raw, routes: listedRoutes(fragment.endpoints) };
    if (known !== undefined) return Object.assign(known, newest);
    const stored: MutableStored = { service, hash, ...newest };
    storedByHash.set(hash, stored);
    return stored;
  });

  const findInUse = (
    service: string,
    fits: (fragment: CompiledFragment) => boolean,
  ): CompiledFragment | undefined => {
    for (const fragment of inUse(service)) if (fits(fragment)) return fragment;
    return undefined;
  };

  const compileOnce = (raw: unknown, service: string): CompiledFragment | Promise<CompiledFragment> => {
    const textHash = hash128(fragmentText(raw, service));
    const known =
      recent.get(textHash) ?? findInUse(service, (fragment) => textHashes.get(fragment) === textHash);
    if (known !== undefined) return known;
    return compile(raw, service).then((fragment) => {
      textHashes.set(fragment, textHash);
      recent.set(textHash, fragment);
      return fragment;
    });
  };

  const findStored = (
    hash: string,
    fits: (stored: StoredFragment) => boolean,
  ): StoredFragment | undefined => {
    const exact = storedByHash.get(hash);
    if (exact !== undefined && fits(exact)) return exact;
    if (hash.length === 32) return undefined;
    for (const [known, stored] of storedByHash.entries())
      if (isTagOf(hash, known) && fits(stored)) return stored;
    return undefined;
  };

  return {
    compile: compileOnce,
    store,
    recompile: ({ service, hash, raw }) =>
      findInUse(service, (fragment) => fragment.hash === hash) ?? compileOnce(raw, service),
    byHash: (hash) => findStored(hash, () => true),
    find: (service, hash) => findStored(hash, (stored) => stored.service === service),
  };
}

interface WeakValueMap<Value extends object> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  entries(): Iterable<readonly [key: string, value: Value]>;
}

/** Creates a map that references its values weakly, and drops the keys of collected values. */
function weakMap<Value extends object>(): WeakValueMap<Value> {
  const references = new Map<string, WeakRef<Value>>();
  const registry = new FinalizationRegistry<string>((key) => {
    if (references.get(key)?.deref() === undefined) references.delete(key);
  });
  return {
    get: (key) => references.get(key)?.deref(),
    set: (key, value) => {
      references.set(key, new WeakRef(value));
      registry.register(value, key);
    },
    *entries() {
      for (const [key, reference] of references) {
        const value = reference.deref();
        if (value !== undefined) yield [key, value];
      }
    },
  };
}
