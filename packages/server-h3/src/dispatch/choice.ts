import { validateHeaderName } from "node:http";
import { branchPattern, TidegateError } from "@tidegate/core-registry";
import { hostOf } from "../request/host.ts";
import type { ServerRequest } from "../request/request.ts";
import { type BranchName, gatewayNames, splitName, tagForm } from "./prefix.ts";

/**
 * How a branch can be chosen without a prefix in the path (S9.5): `preview` or `preview@tag`, by what is configured here.
 * A prefix goes before the header, the header before the cookie, the cookie before the host.
 */
export interface BranchOptions {
  /** The header that names it: `x-branch`. Default none. */
  readonly header?: string | undefined;
  /** The cookie that names it: `branch`. Default none. */
  readonly cookie?: string | undefined;
  /** The branches of hosts, without ports: `{ "preview.example.com": "preview" }`. Default none. */
  readonly host?: Readonly<Record<string, string>> | undefined;
}

/** Chooses the branch of requests without a prefix. */
export interface BranchChoice {
  /** The headers that it depends on, for caches; undefined: none. */
  readonly vary: string | undefined;
  /** What the request chooses, not checked; undefined: nothing. An empty name chooses nothing. */
  of(request: ServerRequest): BranchName | undefined;
}

/** A name of a cookie (RFC 6265, 4.1.1). */
const cookieName = /^[!#$%&'*+.^`|~\w-]+$/;
const hostName = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/**
 * Makes the choice that options describe.
 * @throws `CONFIG_INVALID` for names that cannot be
 */
export function createChoice(options: BranchOptions = {}): BranchChoice {
  const { cookie } = options;
  const header = options.header?.toLowerCase();
  if (header !== undefined) checkHeader(header);
  if (cookie !== undefined && !cookieName.test(cookie))
    throw new TidegateError("CONFIG_INVALID", `'${cookie}' cannot be the name of a cookie.`);
  const hosts = new Map(Object.entries(options.host ?? {}).map(readHost));
  const vary = [header, cookie === undefined ? undefined : "cookie"].filter((name) => name !== undefined);

  const named = (request: ServerRequest): string | undefined =>
    (header === undefined ? undefined : request.header(header)?.trim() || undefined) ??
    (cookie === undefined ? undefined : cookieOf(request.header("cookie") ?? "", cookie) || undefined) ??
    (hosts.size === 0 ? undefined : hosts.get(bare(hostOf(request))));

  return {
    vary: vary.length === 0 ? undefined : vary.join(", "),
    of: (request) => {
      const name = named(request);
      return name === undefined ? undefined : splitName(name);
    },
  };
}

function checkHeader(name: string): void {
  try {
    validateHeaderName(name);
  } catch (cause) {
    throw new TidegateError("CONFIG_INVALID", `'${name}' cannot be the name of a header.`, { cause });
  }
}

function readHost([host, name]: readonly [string, string]): readonly [string, string] {
  const text = host.toLowerCase();
  if (!hostName.test(text))
    throw new TidegateError("CONFIG_INVALID", `'${host}' is no host: give its name, without a port.`);
  const { branch, tag } = splitName(name);
  if (!branchPattern.test(branch) || gatewayNames.has(branch) || (tag !== undefined && !tagForm.test(tag)))
    throw new TidegateError("CONFIG_INVALID", `'${name}', for ${host}, is no branch: \`preview\` is one.`);
  return [text, name];
}

/** A host as it is compared: in lower case, without its port, and without the dot of the root. */
function bare(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

/** The first cookie of a name; what cannot be decoded as it stands. */
function cookieOf(header: string, name: string): string | undefined {
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
