import {
  type Access,
  type Clock,
  type DirectorySnapshot,
  type NotServed,
  type Scope,
  type Served,
  type ServedApi,
  TidegateError,
  type Version,
} from "@tidegate/core-registry";
import {
  type ContextFactories,
  createScope,
  type RequestFailureLog,
  type ScopeInput,
} from "@tidegate/core-registry/runtime";
import type { MiddlewareChain } from "./middleware/chain.ts";
import { asTidegateError, logFailure } from "./reply/failure.ts";
import type { ProblemSettings } from "./reply/problem.ts";
import type { BodyLimits } from "./request/body.ts";
import type { ServerRequest } from "./request/request.ts";
import { type Router, type SocketRouter, startingError } from "./router.ts";
import type { BranchName, BranchSelector } from "./target.ts";

/** Everything that a started server handles requests and upgrades with. Made once, when the server starts. */
export interface ServerParts {
  readonly api: ServedApi;
  /** Who can use branches other than master, and versions other than the newest (S9.11). */
  readonly access: { readonly branches: Access; readonly versions: Access };
  readonly selector: BranchSelector | undefined;
  readonly factories: ContextFactories;
  readonly routerOf: (version: Version) => Router;
  readonly socketRouterOf: (version: Version) => SocketRouter;
  /** The hooks of middleware; undefined where none is configured. */
  readonly middleware: MiddlewareChain | undefined;
  readonly problems: ProblemSettings;
  /** Logs the failures of all requests. */
  readonly failures: RequestFailureLog;
  readonly limits: BodyLimits;
  readonly clock: Clock;
  /** Shared with the server, which changes it when it stops. */
  readonly status: ServerStatus;
}

/** Tells running requests whether their server is stopping. */
export interface ServerStatus {
  /** True: readiness answers 503. Requests are still served as before while `draining` is false. */
  stopping: boolean;
  /** True: replies close their connection, and upgrades are refused. */
  draining: boolean;
}

/** Compiles an evicted version again (S9.5). @throws `CANCELLED` where the client disconnects meanwhile */
export async function recompileEvicted(
  request: ServerRequest,
  found: Served | NotServed,
): Promise<Served | NotServed> {
  if (found.version !== undefined || found.recompile === undefined) return found;
  const recompiled = await found.recompile();
  if (request.clientGone) throw new TidegateError("CANCELLED");
  return recompiled;
}

/** The error where nothing is served for a target. */
export function notServedError({ missing }: NotServed, { branch, tag }: BranchName): TidegateError {
  // An evicted version that could not be compiled now can be available at the next request.
  if (missing === "starting" || missing === "evicted") return startingError();
  return missing === "tag" ? versionUnknown(branch, tag ?? "latest") : branchUnknown(branch);
}

/** The error for an unknown branch (S9.5), and for one that the client cannot use. */
export function branchUnknown(branch: string): TidegateError {
  return new TidegateError("BRANCH_UNKNOWN", `Branch '${branch.slice(0, 64)}' does not exist.`);
}

/** The error for an unknown version (S9.5), and for one that the client cannot use. */
export function versionUnknown(branch: string, tag: string): TidegateError {
  return new TidegateError(
    "VERSION_UNKNOWN",
    `Branch '${branch.slice(0, 64)}' has no version '${tag.slice(0, 64)}'.`,
  );
}

/**
 * Makes the scope of a request on a branch. Where nothing is served, its version and its directory are empty.
 * @param onClientGone calls its listener once when the client is gone; by default, before the reply is sent
 */
export function makeScope(
  { api, factories: allFactories, failures }: ServerParts,
  request: ServerRequest,
  branch: string,
  served: Served | NotServed,
  onClientGone?: (listener: () => void) => undefined,
): Scope {
  const common: Omit<ScopeInput, "version" | "directory"> = {
    branch,
    base: request.base,
    events: api.events,
    request,
    correlation: request.correlation,
    factories: request.factories ?? allFactories,
    onGone: onClientGone ?? ((listener) => request.onClientGone(listener)),
    logFailure: (error, requestId, place) =>
      logFailure(failures, request, asTidegateError(error), { requestId, place }),
  };
  if (served.version === undefined)
    return createScope({ ...common, version: "", directory: emptyDirectory(branch) });
  const { id, rules } = served.version;
  return createScope({ ...common, version: id, rules, directory: served.directory });
}

function emptyDirectory(branch: string): DirectorySnapshot {
  return { branch, action: () => undefined, service: () => undefined, services: () => [] };
}
