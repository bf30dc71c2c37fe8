import { canonicalSegment, TidegateError } from "@tidegate/core-registry";

/** What makes a path worth a second look: an escape, a dot segment, a backslash, an empty segment. */
const unusual = /%|\/\.|\\|\/\//;

/** Path and query of a request's target, which may be absolute (RFC 9112, 3.2). */
export function originForm(target: string): string {
  if (target.charCodeAt(0) === 47 || target === "*") return target;
  if (!URL.canParse(target)) throw new TidegateError("BAD_REQUEST", "The request's target is no URL.");
  const url = new URL(target);
  return url.pathname + url.search;
}

/** The path of a path and query. */
export function pathOf(url: string): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}

/**
 * A path as it is compared: escapes normal, dot segments resolved, no trailing slash. What policies and routes see is this.
 * @throws `BAD_REQUEST` where its percent-encoding is broken, `NOT_FOUND` where a segment is empty
 */
export function normalisePath(path: string): string {
  const whole = unusual.test(path) ? resolve(path) : path;
  return whole.length > 1 && whole.charCodeAt(whole.length - 1) === 47 ? whole.slice(0, -1) : whole;
}

function resolve(path: string): string {
  const segments: string[] = [];
  const parts = path.split("/");
  for (const [index, part] of parts.entries()) {
    if (index === 0) continue;
    const segment = canonicalSegment(part.replaceAll("\\", "%5C"));
    if (segment === undefined || segment.includes("%00"))
      throw new TidegateError("BAD_REQUEST", "The path's percent-encoding is broken.");
    if (segment === "..") segments.pop();
    else if (segment === "" && index < parts.length - 1) throw new TidegateError("NOT_FOUND");
    else if (segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}
