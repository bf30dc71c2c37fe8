import {
  type Access,
  contextFactories,
  type GatewayHealth,
  type GatewayPage,
  type NotServed,
  type Reply,
  type Served,
  type ServedApi,
  TidegateError,
  type Version,
} from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import { mayUse } from "./access.ts";
import { answerHealth } from "./health.ts";
import { makePages, type Pages } from "./pages.ts";
import { normalisePath, originForm, pathOf } from "./path.ts";
import { gatewayNames, hasPrefix, type Prefix, pageName, splitPrefix } from "./prefix.ts";
import { answerNoMatch, branchUnknown, notServed, versionUnknown } from "./refusals.ts";
import { everyMethod, makeRouter, type Router } from "./router.ts";
import { scopeFor } from "./scope.ts";

/** Who may use branches other than master and versions other than the latest (S9.11). */
export interface DispatchAccess {
  /** Branches other than master. */
  readonly branches: Access;
  /** Versions other than the latest. */
  readonly versions: Access;
}

/** What dispatch needs to know. */
export interface DispatchInput {
  /** What is served. */
  readonly api: ServedApi;
  /** Who may use what. */
  readonly access: DispatchAccess;
  /** How the gateway does, a stop included. */
  health(): GatewayHealth;
}

/** Leads a request to its route and runs it. Returns a promise only where the route does. @throws what becomes a problem */
export type Dispatch = (request: ServerRequest) => Reply | Promise<Reply>;

/** S1.1. */
const branchForm = /^[a-z0-9_-]{1,64}$/;
/** A version's name or id (S9.4). */
const tagForm = /^[0-9a-f]{8,32}$/;

/** Makes the dispatch of one served API: branch, version, route (S9.5), and the gateway's own pages. */
export function createDispatch({ api, access, health }: DispatchInput): Dispatch {
  const factories = contextFactories(api.contexts);
  const routerOf = remember((version: Version) => makeRouter(version.routes, refused));
  const pagesOf = remember(makePages);

  function refused(route: { readonly path: string }, problem: string): void {
    api.logger.error(`The route ${route.path} cannot be mounted: ${problem}`);
  }

  function run(request: ServerRequest, branch: string, served: Served): Reply | Promise<Reply> {
    const router: Router = routerOf(served.version);
    const match = router.find(request.method, request.path);
    if (match === undefined) return answerNoMatch(request.method, router.methods(request.path), health());
    request.params = match.params;
    request.scope = scopeFor(request, branch, served, factories);
    return match.route.handle(request, request.scope);
  }

  function permits(access: Access, request: ServerRequest): Promise<boolean> {
    // Always by master's latest: who is refused makes nothing be compiled, and keeps no branch in use.
    return mayUse(access, request, () =>
      scopeFor(request, "master", api.find("master", undefined), factories),
    );
  }

  /** What a branch and tag name, where the request may use it; where it may not, the same as where it is not there. */
  async function findPermitted(
    request: ServerRequest,
    branch: string,
    tag: string | undefined,
  ): Promise<Served | NotServed> {
    if (branch !== "master" && !(branchForm.test(branch) && (await permits(access.branches, request))))
      throw branchUnknown(branch);
    const latest = api.find(branch, undefined);
    if (tag === undefined || tag === latest.version?.name || tag === latest.version?.id) return latest;
    if (!tagForm.test(tag) || !(await permits(access.versions, request))) throw versionUnknown(branch, tag);
    return api.find(branch, tag);
  }

  async function runPrefixed(request: ServerRequest, { branch, tag, path }: Prefix): Promise<Reply> {
    const served = await findPermitted(request, branch, tag);
    if (hasPrefix(path)) return runPage(request, branch, served);
    if (served.version === undefined) throw notServed(served, branch, tag);
    return run(request, branch, served);
  }

  async function runPage(request: ServerRequest, branch: string, served: Served | NotServed): Promise<Reply> {
    const pages: Pages = pagesOf(api.pages);
    const seen: GatewayPage[] = [];
    for (const page of gatewayNames.has(pageName(request.path)) ? pages.at(request.path) : []) {
      if (await permits(page.access, request)) seen.push(page);
    }
    if (seen.length === 0) throw new TidegateError("NOT_FOUND");
    const page = pages.find(request.method, request.path);
    if (page === undefined || !seen.includes(page))
      return answerNoMatch(
        request.method,
        seen.map((one) => one.method),
        health(),
      );
    request.scope = scopeFor(request, branch, served, factories);
    return page.handle(request, request.scope, served);
  }

  return (request) => {
    const target = originForm(request.url);
    const sent = pathOf(target);
    if (sent === "*") return answerNoMatch(request.method, everyMethod, health());
    const path = normalisePath(sent);
    if (hasPrefix(path)) {
      if (path.startsWith("/~health/")) return answerHealth(request, path, health());
      return runPrefixed(request, place(request, target, path));
    }
    request.url = target;
    request.path = path;
    const served = api.find("master", undefined);
    if (served.version === undefined) throw notServed(served, "master", undefined);
    return run(request, "master", served);
  };
}

/** Puts a request below its branch's prefix. */
function place(request: ServerRequest, target: string, path: string): Prefix {
  const prefix = splitPrefix(path);
  request.base = prefix.base;
  request.path = prefix.path;
  const rest = target.startsWith(prefix.base)
    ? target.slice(prefix.base.length)
    : prefix.path + target.slice(pathOf(target).length);
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  return prefix;
}

/** Makes a thing once for each of what it is made from, as long as that lives. The last one is at hand without a lookup. */
function remember<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  let last: { readonly key: Key; readonly value: Value } | undefined;
  return (key) => {
    if (last?.key === key) return last.value;
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    last = { key, value };
    return value;
  };
}
