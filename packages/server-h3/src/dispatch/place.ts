import type { ServerRequest } from "../request/request.ts";
import { normalisePath, originForm, pathOf } from "./path.ts";
import { hasPrefix, type Prefix, splitPrefix } from "./prefix.ts";

/**
 * Puts a request on its path, below its branch's prefix; undefined where it has none, and so is for master's latest.
 * @throws `BAD_REQUEST`, `NOT_FOUND` for paths that cannot be
 */
export function placeRequest(request: ServerRequest): Prefix | undefined {
  const target = originForm(request.url);
  const path = normalisePath(pathOf(target));
  if (hasPrefix(path)) return placeBelow(request, target, path);
  request.url = target;
  request.path = path;
  return undefined;
}

/** Puts a request below its branch's prefix. */
function placeBelow(request: ServerRequest, target: string, path: string): Prefix {
  const prefix = splitPrefix(path);
  request.base = prefix.base;
  request.path = prefix.path;
  const rest = target.startsWith(prefix.base)
    ? target.slice(prefix.base.length)
    : prefix.path + target.slice(pathOf(target).length);
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  return prefix;
}
