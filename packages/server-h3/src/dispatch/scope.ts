import {
  type ContextFactories,
  createScope,
  type DirectorySnapshot,
  type NotServed,
  type Scope,
  type Served,
} from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";

/** Makes the scope of a request on a branch; where nothing is served, with an empty version and directory. */
export function scopeFor(
  request: ServerRequest,
  branch: string,
  served: Served | NotServed,
  factories: ContextFactories,
): Scope {
  const { version } = served;
  return createScope({
    branch,
    version: version === undefined ? "" : version.id,
    base: request.base,
    ...(version === undefined ? {} : { rules: version.rules }),
    directory: version === undefined ? emptyDirectory(branch) : served.directory,
    request,
    factories,
    onGone: (gone) => request.onGone(gone),
  });
}

function emptyDirectory(branch: string): DirectorySnapshot {
  return { branch, action: () => undefined, service: () => undefined, services: () => [] };
}
