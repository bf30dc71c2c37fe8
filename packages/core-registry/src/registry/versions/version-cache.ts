import { LRUCache } from "lru-cache";
import { ClaimTable } from "../claims/claim-table.ts";
import { settleWaiting } from "../claims/waiting.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import { assemble, collectParts } from "../merge/assemble.ts";
import type { MergeTools } from "../merge/types.ts";
import type { CompiledVersion } from "./compiled-version.ts";
import { createVersion } from "./version.ts";

/** A version as it is kept when it is not compiled: its id, and the fragments that it is made of (S9.5). */
export interface Recipe {
  /** 32 hex digits. */
  readonly id: string;
  readonly recipe: readonly StoredFragment[];
}

/** The older versions that are compiled now. */
export interface VersionCache {
  /** A compiled version, or the function that compiles it. Callers at the same time share one compilation. */
  get(version: Recipe): CompiledVersion | (() => Promise<CompiledVersion>);
  /** Removes every version: the documentation of their fragments changed (S1.4). */
  clear(): void;
}

/** Creates an empty cache, whose size `limit` bounds. */
export function createVersionCache(
  limit: CompiledLimit,
  compile: (recipe: readonly StoredFragment[]) => Promise<CompiledVersion>,
): VersionCache {
  const compiled = new Map<string, CompiledVersion>();
  const compiling = new Map<string, Promise<CompiledVersion>>();

  const used = (id: string): void => limit.used(`version ${id}`, () => compiled.delete(id));
  const compileOnce = (id: string, recipe: readonly StoredFragment[]): Promise<CompiledVersion> => {
    const known = compiling.get(id);
    if (known !== undefined) return known;
    const work: Promise<CompiledVersion> = compile(recipe)
      .then((version) => {
        // Cleared meanwhile: this version has the old documentation.
        if (compiling.get(id) !== work) return version;
        compiled.set(id, version);
        used(id);
        return version;
      })
      .finally(() => {
        if (compiling.get(id) === work) compiling.delete(id);
      });
    compiling.set(id, work);
    return work;
  };

  return {
    get({ id, recipe }) {
      const known = compiled.get(id);
      if (known === undefined) return () => compileOnce(id, recipe);
      used(id);
      return known;
    },
    clear() {
      compiled.clear();
      compiling.clear();
    },
  };
}

/** Bounds how many branches and older versions are compiled at once: the ones that were used last (S9.5). */
export interface CompiledLimit {
  /** Records a use. `evict` is called when too many others were used since. */
  used(name: string, evict: () => void): void;
}

/** @param max how many branches and versions can be compiled at once, beside the newest version of master */
export function createCompiledLimit(max: number): CompiledLimit {
  const inUse = new LRUCache<string, () => void>({
    max: Math.max(1, max),
    dispose: (evict, _name, reason) => {
      if (reason === "evict") evict();
    },
  });
  return {
    used(name, evict) {
      // A branch that was removed can be created again under its name.
      if (inUse.get(name) !== evict) inUse.set(name, evict);
    },
  };
}

/** Compiles a version again from the stored fragments of its recipe. No merge can run at the same time. */
export async function recompileRecipe(
  recipe: readonly StoredFragment[],
  tools: MergeTools,
): Promise<CompiledVersion> {
  const { fragments, runtime } = tools;
  const compiled: CompiledFragment[] = [];
  for (const source of recipe) {
    const fragment = fragments.recompile(source);
    compiled.push(fragment instanceof Promise ? await fragment : fragment);
    await runtime.yieldToEventLoop();
  }
  await tools.starts.start(compiled);
  return await recompile(compiled, tools);
}

/** Compiles a version again from its fragments (S9.5). Conflicts were resolved when the version was made. */
export async function recompile(
  fragments: readonly CompiledFragment[],
  { masterTable, protocols, masterVersion, runtime }: MergeTools,
): Promise<CompiledVersion> {
  const table = new ClaimTable(masterTable);
  const wanted = new Map(fragments.map((fragment) => [fragment.service, fragment]));
  for (const service of masterTable.services()) if (!wanted.has(service)) table.unassign(service);
  for (const fragment of fragments) {
    if (table.chosen(fragment.service) === fragment) continue;
    table.assign(fragment);
    await runtime.yieldToEventLoop();
  }
  await settleWaiting(table, masterTable, runtime.yieldToEventLoop);
  const ordered = [...fragments].sort((one, other) => (one.service < other.service ? -1 : 1));
  const master = masterVersion();
  const parts = collectParts(ordered, table, protocols, master?.parts);
  const { assembled } = await assemble(parts, protocols, master, runtime);
  const chosen = new Map(ordered.map((fragment) => [fragment.service, fragment]));
  return { version: createVersion(chosen, parts, protocols, assembled), chosen, parts };
}
