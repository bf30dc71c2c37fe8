import { pathToFileURL } from "node:url";
import { type ExportedFragment, findFragments } from "./find.ts";
import { refuseConnections } from "./no-connections.ts";

/** What the process that loads a module sends to `tidegate check`. */
export type ChildMessage =
  | { readonly fragments: readonly ExportedFragment[] }
  /** The module cannot be loaded. `stack`: what it threw. */
  | { readonly failure: string; readonly stack?: string; readonly connected: boolean }
  /** The module tried to open a connection, and is still being loaded. */
  | { readonly connected: true };

// The program of the process that loads a module for `tidegate check`. Its argument is the path.
const refused = refuseConnections();
const [path = ""] = process.argv.slice(2);
const watch = setInterval(() => {
  if (refused.count === 0) return;
  clearInterval(watch);
  process.send?.({ connected: true } satisfies ChildMessage);
}, 100);
process.send?.(await load(), () => process.exit(0));

async function load(): Promise<ChildMessage> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    return {
      failure: error instanceof Error ? error.message : String(error),
      ...(stack !== undefined && { stack }),
      connected: refused.count > 0,
    };
  }
  try {
    return { fragments: findFragments(exported) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error), connected: refused.count > 0 };
  }
}
