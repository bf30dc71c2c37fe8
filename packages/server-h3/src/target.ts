import { validateHeaderName } from "node:http";
import { TidegateError } from "@tidegate/core-registry";
import { branchPattern, canonicalSegment, reservedNames } from "@tidegate/core-registry/runtime";
import type { BranchOptions } from "./options.ts";
import { isDecodable } from "./request/fields.ts";
import { checkHead, originForm, requestedHost } from "./request/head.ts";
import type { ServerRequest } from "./request/request.ts";

/** A branch and one of its versions, as a request names them (S9.5). Not checked: neither has to exist. */
export interface BranchName {
  readonly branch: string;
  /** Undefined stands for the newest version. */
  readonly tag: string | undefined;
}

/**
 * What a request asks for: a branch, a version, and whether its path is a page of the gateway, below `/~`.
 */
export interface Target extends BranchName {
  readonly isPage: boolean;
}

/** Selects the branch of requests whose path has no branch prefix. */
export interface BranchSelector {
  /** The headers that the selection depends on, for `Vary`; undefined: none. */
  readonly vary: string | undefined;
  /** The branch that the request selects; undefined: none. */
  select(request: ServerRequest): BranchName | undefined;
}

/** Names below `/~` that belong to the gateway (S9.11); a branch cannot have one of them. */
export const gatewayNames: ReadonlySet<string> = new Set(reservedNames);

/** The form of a version's name or id (S9.4). */
export const tagPattern: RegExp = /^[0-9a-f]{8,32}$/;

const masterTarget: Target = { branch: "master", tag: undefined, isPage: false };
/** The form of a cookie's name (RFC 6265, 4.1.1). */
const cookieNamePattern = /^[!#$%&'*+.^`|~\w-]+$/;
const hostNamePattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
/** Only paths with an escape, a dot segment, a backslash or an empty segment need normalisation. */
const needsNormalisation = /%|\/\.|\\|\/\//;

/**
 * Checks the head of a request, reads which branch and version it asks for, and sets the request's `base`,
 * `path`, `url` and `vary`.
 * @throws `BAD_REQUEST` for a malformed head, path or query, `NOT_FOUND` for a path with an empty segment
 */
export function readTarget(request: ServerRequest, selector: BranchSelector | undefined): Target {
  checkHead(request.incoming);
  const url = originForm(request.url);
  const end = url.indexOf("?");
  if (end !== -1 && !isDecodable(url.slice(end)))
    throw new TidegateError("BAD_REQUEST", "The query contains invalid percent-encoding.");
  const path = normalisePath(end === -1 ? url : url.slice(0, end));
  if (hasTilde(path)) return readPrefix(request, url, path, selector);
  request.url = url;
  request.path = path;
  if (selector === undefined) return masterTarget;
  request.vary = selector.vary;
  const selected = selector.select(request);
  return selected === undefined ? masterTarget : { ...selected, isPage: false };
}

/** Reads a path that begins with `/~`: the prefix of a branch, or a page of the gateway. */
function readPrefix(
  request: ServerRequest,
  url: string,
  path: string,
  selector: BranchSelector | undefined,
): Target {
  const slash = path.indexOf("/", 1);
  const base = slash === -1 ? path : path.slice(0, slash);
  const name = base.slice(2);
  if (!gatewayNames.has(name)) {
    request.base = base;
    request.path = slash === -1 ? "/" : path.slice(slash);
    request.url = urlBelow(base, request.path, url);
    return { ...parseBranchName(name), isPage: hasTilde(request.path) };
  }
  request.path = path;
  request.url = url;
  // A page without a prefix is served for the selected branch; the health pages are independent of branches.
  if (selector === undefined || name === "health") return { ...masterTarget, isPage: true };
  request.vary = selector.vary;
  return { ...masterTarget, ...selector.select(request), isPage: true };
}

/** The URL without the branch prefix: as sent, or with the normalised path where the prefix was escaped. */
function urlBelow(base: string, path: string, url: string): string {
  const query = url.indexOf("?");
  const rest = url.startsWith(base) ? url.slice(base.length) : path + (query === -1 ? "" : url.slice(query));
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/**
 * Normalises a path for routes and policies: canonical escapes, no dot segments, no trailing slash.
 * @throws `BAD_REQUEST` where its percent-encoding is invalid, `NOT_FOUND` where a segment is empty
 */
export function normalisePath(path: string): string {
  const whole = needsNormalisation.test(path) ? resolveSegments(path) : path;
  return whole.length > 1 && whole.charCodeAt(whole.length - 1) === 47 ? whole.slice(0, -1) : whole;
}

function resolveSegments(path: string): string {
  const segments: string[] = [];
  const parts = path.split("/");
  for (const [index, part] of parts.entries()) {
    if (index === 0) continue;
    const segment = canonicalSegment(part.replaceAll("\\", "%5C"));
    if (segment === undefined || segment.includes("%00"))
      throw new TidegateError("BAD_REQUEST", "The path contains invalid percent-encoding.");
    if (segment === "..") segments.pop();
    else if (segment === "" && index < parts.length - 1) throw new TidegateError("NOT_FOUND");
    else if (segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

function hasTilde(path: string): boolean {
  return path.charCodeAt(1) === 126;
}

/** Splits a name of the form `branch` or `branch@tag`. */
function parseBranchName(name: string): BranchName {
  const at = name.indexOf("@");
  const tag = at === -1 ? undefined : name.slice(at + 1);
  return { branch: at === -1 ? name : name.slice(0, at), tag: tag === "latest" ? undefined : tag };
}

/** Whether a branch can have this name. */
export function isBranchName(name: string): boolean {
  return branchPattern.test(name) && !gatewayNames.has(name);
}

/**
 * Makes the selector that the options describe; undefined where no option is set.
 * @throws `CONFIG_INVALID` for invalid names
 */
export function createBranchSelector(options: BranchOptions = {}): BranchSelector | undefined {
  const { cookie } = options;
  const header = options.header?.toLowerCase();
  if (header !== undefined) checkHeaderName(header);
  if (cookie !== undefined && !cookieNamePattern.test(cookie))
    throw new TidegateError("CONFIG_INVALID", `'${cookie}' is not a valid cookie name.`);
  const hosts = new Map(Object.entries(options.host ?? {}).map(parseHostEntry));
  if (header === undefined && cookie === undefined && hosts.size === 0) return undefined;
  const vary = [header, cookie === undefined ? undefined : "cookie"].filter((name) => name !== undefined);

  /** An empty header or cookie selects nothing. */
  const nameOf = (request: ServerRequest): string | undefined =>
    (header === undefined ? undefined : request.header(header)?.trim() || undefined) ??
    (cookie === undefined ? undefined : readCookie(request.header("cookie") ?? "", cookie) || undefined) ??
    (hosts.size === 0 ? undefined : hosts.get(hostName(requestedHost(request.incoming))));

  return {
    vary: vary.length === 0 ? undefined : vary.join(", "),
    select: (request) => {
      const name = nameOf(request);
      return name === undefined ? undefined : parseBranchName(name);
    },
  };
}

function checkHeaderName(name: string): void {
  try {
    validateHeaderName(name);
  } catch (cause) {
    throw new TidegateError("CONFIG_INVALID", `'${name}' is not a valid header name.`, { cause });
  }
}

function parseHostEntry([host, name]: readonly [string, string]): readonly [string, string] {
  const text = host.toLowerCase();
  if (!hostNamePattern.test(text))
    throw new TidegateError("CONFIG_INVALID", `'${host}' is not a host name. Give the name without a port.`);
  const { branch, tag } = parseBranchName(name);
  if (!isBranchName(branch) || (tag !== undefined && !tagPattern.test(tag)))
    throw new TidegateError(
      "CONFIG_INVALID",
      `'${name}' (for host ${host}) is not a valid branch, such as 'preview' or 'preview@1a2b3c4d'.`,
    );
  return [text, name];
}

/** A host in the form that is compared: in lower case, without port, without the dot of the root. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

/** The value of the first cookie with a name: decoded, or as sent where it cannot be decoded. */
function readCookie(header: string, name: string): string | undefined {
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=");
    if (at === -1 || pair.slice(0, at).trim() !== name) continue;
    const value = pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1");
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  }
  return undefined;
}
