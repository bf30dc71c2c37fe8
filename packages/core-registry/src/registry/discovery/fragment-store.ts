import { LRUCache } from "lru-cache";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import { attachedValue, memoize } from "../../runtime/memoize.ts";
import { isTagOf } from "../versions/compiled-version.ts";
import { type CompiledFragment, fragmentText } from "./compile-fragment.ts";

/** A fragment as it is kept where it is not in use: enough to compile it again (S9.5). */
export interface Source {
  /** The service's full name. */
  readonly service: string;
  /** 32 hex digits (S1.4). */
  readonly hash: string;
  /** As it was published. Where only its documentation changed since, the newer one (S1.4). */
  readonly raw: unknown;
  /** What it offers, as people write it. */
  readonly labels: readonly string[];
}

/** Every fragment that is in use or kept, compiled once. Keeps none alive by itself, but for the last few. */
export interface Fragments {
  /** A fragment that was published, compiled; at once where it is in use. Never rejects for the fragment's sake. */
  compile(raw: unknown, service: string): CompiledFragment | Promise<CompiledFragment>;
  /** What is kept of a compiled one. The same for the same hash. */
  source(fragment: CompiledFragment): Source;
  /** The fragment of a source, compiled; at once where it is in use. */
  revive(source: Source): CompiledFragment | Promise<CompiledFragment>;
  /** A source that is kept, by its hash or the first 8 digits of it or more. */
  find(service: string, hash: string): Source | undefined;
  /** A source that is kept, whosever it is, by its hash or 8 digits of it or more. */
  byHash(hash: string): Source | undefined;
}

/** Fragments of nodes that went and may come back. */
const remembered = 16;

interface Kept extends Source {
  raw: unknown;
  labels: readonly string[];
}

/** What fragments need. */
export interface FragmentsOptions {
  /** Reads and compiles one. */
  compile(raw: unknown, service: string): Promise<CompiledFragment>;
  /** The compiled fragments of a service that are in use: of equal ones the newest documentation first. */
  inUse(service: string): Iterable<CompiledFragment>;
}

/**
 * Keeps sources weakly, and compiled fragments not at all: those in use are looked up where they are used. A weak reference
 * holds its target until the collector looks at the whole heap, and each change would leave it a compiled fragment to copy.
 */
export function createFragments({ compile, inUse }: FragmentsOptions): Fragments {
  const texts = attachedValue<CompiledFragment, string>();
  const recent = new LRUCache<string, CompiledFragment>({ max: remembered });
  const byHash = weakMap<Kept>();

  const keep = memoize((fragment: CompiledFragment): Kept => {
    const { service, hash, raw } = fragment;
    const known = byHash.get(hash);
    const news = { raw, labels: fragment.endpoints.map(({ label }) => label) };
    if (known !== undefined) return Object.assign(known, news);
    const kept: Kept = { service, hash, ...news };
    byHash.set(hash, kept);
    return kept;
  });

  const used = (
    service: string,
    fits: (fragment: CompiledFragment) => boolean,
  ): CompiledFragment | undefined => {
    for (const fragment of inUse(service)) if (fits(fragment)) return fragment;
    return undefined;
  };

  const compileText = (raw: unknown, service: string): CompiledFragment | Promise<CompiledFragment> => {
    const text = hash128(fragmentText(raw, service));
    const known = recent.get(text) ?? used(service, (fragment) => texts.get(fragment) === text);
    if (known !== undefined) return known;
    return compile(raw, service).then((fragment) => {
      texts.set(fragment, text);
      recent.set(text, fragment);
      return fragment;
    });
  };

  const findWhere = (hash: string, fits: (source: Source) => boolean): Source | undefined => {
    const exact = byHash.get(hash);
    if (exact !== undefined && fits(exact)) return exact;
    if (hash.length === 32) return undefined;
    for (const [known, source] of byHash.entries()) if (isTagOf(hash, known) && fits(source)) return source;
    return undefined;
  };

  return {
    compile: compileText,
    source: keep,
    revive: ({ service, hash, raw }) =>
      used(service, (fragment) => fragment.hash === hash) ?? compileText(raw, service),
    byHash: (hash) => findWhere(hash, () => true),
    find: (service, hash) => findWhere(hash, (source) => source.service === service),
  };
}

/** A map that keeps none of its values alive. */
function weakMap<Value extends object>(): {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  entries(): Iterable<readonly [key: string, value: Value]>;
} {
  const references = new Map<string, WeakRef<Value>>();
  const gone = new FinalizationRegistry<string>((key) => {
    if (references.get(key)?.deref() === undefined) references.delete(key);
  });
  return {
    get: (key) => references.get(key)?.deref(),
    set: (key, value) => {
      references.set(key, new WeakRef(value));
      gone.register(value, key);
    },
    *entries() {
      for (const [key, reference] of references) {
        const value = reference.deref();
        if (value !== undefined) yield [key, value];
      }
    },
  };
}
