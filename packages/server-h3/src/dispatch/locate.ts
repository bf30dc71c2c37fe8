import {
  type Access,
  branchPattern,
  contextFactories,
  type NotServed,
  type Served,
  type ServedApi,
} from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import { mayUse } from "./access.ts";
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
   * What a branch and tag name, where the request may use it; where it may not, the same as where it is not there.
   * @throws `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`
   */
  find(request: ServerRequest, branch: string, tag: string | undefined): Promise<Served | NotServed>;
}

/** A version's name or id (S9.4). */
const tagForm = /^[0-9a-f]{8,32}$/;

/** Makes the locator of one served API. */
export function createLocator(api: ServedApi, access: DispatchAccess): Locator {
  const sources: ScopeSources = { factories: contextFactories(api.contexts), events: api.events };

  function permits(asked: Access, request: ServerRequest): Promise<boolean> {
    // Always by master's latest: who is refused makes nothing be compiled, and keeps no branch in use.
    return mayUse(asked, request, () => scopeFor(request, "master", api.find("master", undefined), sources));
  }

  return {
    sources,
    permits,
    async find(request, branch, tag) {
      if (branch !== "master" && !(branchPattern.test(branch) && (await permits(access.branches, request))))
        throw branchUnknown(branch);
      const latest = api.find(branch, undefined);
      if (tag === undefined || tag === latest.version?.name || tag === latest.version?.id) return latest;
      if (!tagForm.test(tag) || !(await permits(access.versions, request))) throw versionUnknown(branch, tag);
      return api.find(branch, tag);
    },
  };
}
