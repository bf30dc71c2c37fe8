import type { ServerRequest } from "../request/request.ts";
import type { BranchChoice } from "./choice.ts";
import { normalisePath, originForm, pathOf } from "./path.ts";
import { hasPrefix, type Prefix, pageName, splitPrefix } from "./prefix.ts";

/**
 * Puts a request on its path, below its branch's prefix, and says which branch and version it is for; undefined: it is for
 * master's latest, and no page of the gateway.
 * @throws `BAD_REQUEST`, `NOT_FOUND` for paths that cannot be
 */
export function placeRequest(request: ServerRequest, choice: BranchChoice): Prefix | undefined {
  const target = originForm(request.url);
  const path = normalisePath(pathOf(target));
  if (hasPrefix(path)) return placeBelow(request, target, path, choice);
  request.url = target;
  request.path = path;
  request.vary = choice.vary;
  const chosen = choice.of(request);
  if (chosen === undefined || (chosen.branch === "master" && chosen.tag === undefined)) return undefined;
  return { ...chosen, base: "", path };
}

/** Puts a request below its branch's prefix. */
function placeBelow(request: ServerRequest, target: string, path: string, choice: BranchChoice): Prefix {
  const prefix = splitPrefix(path);
  request.base = prefix.base;
  request.path = prefix.path;
  const rest = target.startsWith(prefix.base)
    ? target.slice(prefix.base.length)
    : prefix.path + target.slice(pathOf(target).length);
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  // A page that names no branch is the chosen one's; the gateway's health is nobody's.
  if (prefix.base !== "" || pageName(path) === "health") return prefix;
  request.vary = choice.vary;
  return { ...prefix, ...choice.of(request) };
}
