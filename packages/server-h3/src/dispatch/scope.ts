import {
  type ContextFactories,
  createScope,
  type DirectorySnapshot,
  type EventSource,
  type NotServed,
  type Scope,
  type Served,
} from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";

/** What every scope is made with. */
export interface ScopeSources {
  /** Who makes the context's values. */
  readonly factories: ContextFactories;
  /** Where events come from. */
  readonly events: EventSource;
}

/**
 * Makes the scope of a request on a branch; where nothing is served, with an empty version and directory.
 * @param onGone calls back once when the client goes away. Default: before the reply was sent whole
 */
export function scopeFor(
  request: ServerRequest,
  branch: string,
  served: Served | NotServed,
  { factories, events }: ScopeSources,
  onGone: (gone: () => void) => void = (gone) => request.onGone(gone),
): Scope {
  const { base } = request;
  if (served.version === undefined)
    return createScope({
      branch,
      version: "",
      base,
      directory: emptyDirectory(branch),
      events,
      request,
      factories,
      onGone,
    });
  const { version, directory } = served;
  const { id, rules } = version;
  return createScope({ branch, version: id, base, rules, directory, events, request, factories, onGone });
}

function emptyDirectory(branch: string): DirectorySnapshot {
  return { branch, action: () => undefined, service: () => undefined, services: () => [] };
}
