import { ClaimTable } from "../claims/claim-table.ts";
import { settleWaiting } from "../claims/waiting.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import { assemble, collectParts } from "../merge/assemble.ts";
import type { MergeTools } from "../merge/types.ts";
import type { CompiledVersion } from "./compiled-version.ts";
import { createVersion } from "./version.ts";

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
  const { assembled } = await assemble(parts, protocols, master?.version.assembled, runtime);
  const chosen = new Map(ordered.map((fragment) => [fragment.service, fragment]));
  return { version: createVersion(chosen, parts, protocols, assembled), chosen, parts };
}
