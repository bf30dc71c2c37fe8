import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Change } from "../../contracts/report.ts";
import type { Listening } from "../../contracts/server.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { type PathSegment, parsePattern } from "../../runtime/routing/pattern.ts";

/** The fragment whose endpoints are shown, and what the branch serves of it. */
export interface ListedFragment {
  readonly branch: string;
  readonly endpoints: readonly Endpoint[];
  /** The keys of its claims that wait. */
  readonly waiting: readonly string[];
  readonly changes: readonly Change[];
}

const maxUrls = 5;
const operations = ["Query", "Mutation", "Subscription"];
/** Values for a parameter of a path, tried in this order. */
const exampleValues = ["1", "a", "abc"];

/**
 * The URLs where the developer of a fragment can try it (S10.1): `http://127.0.0.1:8080/players`, with the
 * method before it where that is not GET. The endpoints that the merge changed come first, of these the ones
 * without parameters, and of these the ones with GET. A parameter gets a value that its regex accepts.
 *
 * @param origin `http://127.0.0.1:8080`; empty where no listener is open: then paths are shown
 */
export function urlsOf({ branch, endpoints, waiting, changes }: ListedFragment, origin: string): string[] {
  const base = `${origin}${branch === masterBranch ? "" : `/~${branch}`}`;
  const missing = new Set(waiting);
  const changed = new Set(changes.map(({ label }) => label));
  const rank = ({ label, http, websocket }: Endpoint): number =>
    (changed.has(label) ? 0 : 4) +
    (/[:*]/.test(http?.path ?? websocket?.path ?? "") ? 2 : 0) +
    (http === undefined || http.method === "GET" ? 0 : 1);
  const ranked = endpoints
    .filter(({ key }) => !missing.has(key))
    .toSorted((one, other) => rank(one) - rank(other));
  return [...new Set(ranked.flatMap((endpoint) => urlOf(endpoint, base) ?? []))].slice(0, maxUrls);
}

/** The origin of the first listener's URLs. An address that stands for all interfaces becomes `localhost`. */
export function originOf([first]: readonly Listening[]): string {
  if (first === undefined) return "";
  const { protocol, host, port, url } = first;
  return host === "0.0.0.0" || host === "::" ? `${protocol}://localhost:${port}` : url;
}

function urlOf({ http, websocket, graphql }: Endpoint, base: string): string | undefined {
  if (http !== undefined) {
    const path = examplePath(http.path);
    return path === undefined ? undefined : `${http.method === "GET" ? "" : `${http.method} `}${base}${path}`;
  }
  if (websocket !== undefined) {
    const path = examplePath(websocket.path);
    return path === undefined ? undefined : `${base.replace(/^http/, "ws")}${path}`;
  }
  return graphql !== undefined && operations.includes(graphql.type) ? `${base}/graphql` : undefined;
}

/** A path that a pattern matches; undefined where no example fits a regex. */
function examplePath(path: string): string | undefined {
  const segments = parsePattern(path).pattern?.segments.flatMap(exampleSegments);
  return segments === undefined || segments.includes(undefined) ? undefined : `/${segments.join("/")}`;
}

/** The segments that stand for one of a pattern: none for what is optional. */
function exampleSegments(segment: PathSegment): readonly (string | undefined)[] {
  if (segment.kind === "static") return [segment.text];
  if (segment.kind === "rest") return segment.name === undefined ? [] : exampleValues.slice(0, 1);
  if (segment.optional) return [];
  const { regex } = segment;
  if (regex === undefined) return exampleValues.slice(0, 1);
  // The check of the fragment has proved that the regex takes linear time.
  const accepts = new RegExp(`^(?:${regex})$`);
  return [exampleValues.find((value) => accepts.test(value))];
}
