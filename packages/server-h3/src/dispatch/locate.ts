import {
  type Access,
  branchPattern,
  contextFactories,
  type NotServed,
  type Served,
  type ServedApi,
  TidegateError,
} from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import { mayUse } from "./access.ts";
import { gatewayNames, tagForm } from "./prefix.ts";
import { branchUnknown, versionUnknown } from "./refusals.ts";
import { type ScopeSources, scopeFor } from "./scope.ts";

/** Who may use branches other than master and versions other than the latest (S9.11). */
export interface DispatchAccess {
  /** Branches other than master. */
  readonly branches: Access;
  /** Versions other than the latest. */
  readonly versions: Access;
}

/** Finds what branches and tags name, for those who may use them. */
export interface Locator {
  /** What every scope is made with. */
  readonly sources: ScopeSources;
  /** Whether a request may use something of the gateway's own. */
  permits(access: Access, request: ServerRequest): Promise<boolean>;
  /**
   * What a branch and tag name, where the request may use it; where it may not, the same as where it is not there. What is
   * dormant is left so.
   * @throws `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`
   */
  find(request: ServerRequest, branch: string, tag: string | undefined): Promise<Served | NotServed>;
  /** Wakes what is dormant (S9.5); else says what it was given. @throws `CANCELLED` where the client went away meanwhile */
  wake(request: ServerRequest, found: Served | NotServed): Promise<Served | NotServed>;
}

/** Makes the locator of one served API. */
export function createLocator(api: ServedApi, access: DispatchAccess): Locator {
  const sources: ScopeSources = { factories: contextFactories(api.contexts), events: api.events };

  function permits(asked: Access, request: ServerRequest): Promise<boolean> {
    // Always by master's latest: who is refused makes nothing be compiled, and keeps no branch in use.
    return mayUse(asked, request, () => scopeFor(request, "master", api.find("master", undefined), sources));
  }

  async function wake(request: ServerRequest, found: Served | NotServed): Promise<Served | NotServed> {
    if (found.version !== undefined || found.recompile === undefined) return found;
    const woken = await found.recompile();
    if (request.gone) throw new TidegateError("CANCELLED");
    return woken;
  }

  async function findVersion(
    request: ServerRequest,
    branch: string,
    tag: string,
    latest: Served | NotServed,
  ): Promise<Served | NotServed> {
    if (isTagOf(tag, latest)) return latest;
    if (tagForm.test(tag)) {
      if (await permits(access.versions, request)) return api.find(branch, tag);
      // Only awake the latest has a name; who is here may use it.
      const woken = latest.version === undefined ? await wake(request, latest) : latest;
      if (isTagOf(tag, woken)) return woken;
    }
    throw versionUnknown(branch, tag);
  }

  return {
    sources,
    permits,
    wake,
    async find(request, branch, tag) {
      if (branch !== "master" && !(isBranch(branch) && (await permits(access.branches, request))))
        throw branchUnknown(branch);
      const latest = api.find(branch, undefined);
      return tag === undefined ? latest : findVersion(request, branch, tag, latest);
    },
  };
}

function isBranch(name: string): boolean {
  return branchPattern.test(name) && !gatewayNames.has(name);
}

function isTagOf(tag: string, { version }: Served | NotServed): boolean {
  return version !== undefined && (tag === version.name || tag === version.id);
}
