import {
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
import type { BranchChoice } from "./choice.ts";
import { answerHealth } from "./health.ts";
import type { Locator } from "./locate.ts";
import { makePages, type Pages } from "./pages.ts";
import { placeRequest } from "./place.ts";
import { gatewayNames, hasPrefix, type Prefix, pageName } from "./prefix.ts";
import { answerNoMatch, notServed } from "./refusals.ts";
import { remember } from "./remember.ts";
import { everyMethod, type Router } from "./router.ts";
import { scopeFor } from "./scope.ts";

/** What dispatch needs to know. */
export interface DispatchInput {
  /** What is served. */
  readonly api: ServedApi;
  /** Finds branches and versions. */
  readonly locator: Locator;
  /** Chooses the branch of requests without a prefix. */
  readonly choice: BranchChoice;
  /** The routes of a version. */
  readonly routerOf: (version: Version) => Router;
  /** How the gateway does, a stop included. */
  health(): GatewayHealth;
}

/** Leads a request to its route and runs it. Returns a promise only where the route does. @throws what becomes a problem */
export type Dispatch = (request: ServerRequest) => Reply | Promise<Reply>;

/** Makes the dispatch of one served API: branch, version, route (S9.5), and the gateway's own pages. */
export function createDispatch({ api, locator, choice, routerOf, health }: DispatchInput): Dispatch {
  const pagesOf = remember(makePages);

  function run(request: ServerRequest, branch: string, served: Served): Reply | Promise<Reply> {
    const router = routerOf(served.version);
    const match = router.find(request.method, request.path);
    if (match === undefined) return answerNoMatch(request.method, router.methods(request.path), health());
    request.params = match.params;
    request.scope = scopeFor(request, branch, served, locator.sources);
    return match.route.handle(request, request.scope);
  }

  async function runPrefixed(request: ServerRequest, { branch, tag, path }: Prefix): Promise<Reply> {
    const found = await locator.find(request, branch, tag);
    if (hasPrefix(path)) return runPage(request, branch, found);
    const served = await locator.wake(request, found);
    if (served.version === undefined) throw notServed(served, branch, tag);
    return run(request, branch, served);
  }

  async function runPage(request: ServerRequest, branch: string, found: Served | NotServed): Promise<Reply> {
    const pages: Pages = pagesOf(api.pages);
    const seen: GatewayPage[] = [];
    for (const page of gatewayNames.has(pageName(request.path)) ? pages.at(request.path) : []) {
      if (await locator.permits(page.access, request)) seen.push(page);
    }
    if (seen.length === 0) throw new TidegateError("NOT_FOUND");
    const page = pages.find(request.method, request.path);
    if (page === undefined || !seen.includes(page))
      return answerNoMatch(
        request.method,
        seen.map((one) => one.method),
        health(),
      );
    const served = await locator.wake(request, found);
    request.scope = scopeFor(request, branch, served, locator.sources);
    return page.handle(request, request.scope, served);
  }

  return (request) => {
    if (request.url === "*") return answerNoMatch(request.method, everyMethod, health());
    const prefix = placeRequest(request, choice);
    if (prefix !== undefined) {
      if (request.path.startsWith("/~health/") && prefix.base === "")
        return answerHealth(request, request.path, health());
      return runPrefixed(request, prefix);
    }
    const served = api.find("master", undefined);
    if (served.version === undefined) throw notServed(served, "master", undefined);
    return run(request, "master", served);
  };
}
