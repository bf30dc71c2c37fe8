import { type Access, type GatewayPage, type HttpRequest, TidegateError } from "@tidegate/core-registry";
import { differenceText, type Registry, type VersionName } from "@tidegate/core-registry/registry";

/** Options of `diffPage`: the registry and the access. */
export interface DiffPageOptions {
  readonly registry: Pick<Registry, "difference">;
  /** Who can see the page (S9.11). */
  readonly access: Access;
}

/** The path of the page, without the two versions. */
export const diffPath = "/~diff";

/** Two versions of one or two branches to compare. */
export interface VersionRange {
  readonly before: VersionName;
  readonly after: VersionName;
}

const branchPattern = "[a-z0-9_-]{1,64}";
const tagPattern = "latest|[0-9a-f]{8,32}";
const rangePattern = new RegExp(
  `^(${branchPattern})@(${tagPattern})\\.\\.(?:(${branchPattern})@)?(${tagPattern})$`,
);

/** Parses `BRANCH@A..BRANCH@B`, or `BRANCH@A..B` for one branch. Returns undefined for any other text. */
export function parseRange(text: string): VersionRange | undefined {
  const [, branch, before, afterBranch = branch, after] = rangePattern.exec(text) ?? [];
  if (branch === undefined || before === undefined || afterBranch === undefined || after === undefined)
    return undefined;
  return { before: { branch, tag: before }, after: { branch: afterBranch, tag: after } };
}

/**
 * The page `GET /~diff/BRANCH@A..BRANCH@B`, or in short `/~diff/BRANCH@A..B`: the difference between two
 * versions, which are named by their tags or `latest`. Answers JSON, or text if the request accepts only
 * `text/plain` or has `?format=text`. Answers 404 if it does not know a branch or a version; the problem
 * names it.
 */
export function diffPage({ registry, access }: DiffPageOptions): GatewayPage {
  return {
    method: "GET",
    path: diffPath,
    prefix: true,
    access,
    handle: async (request) => {
      const { before, after } = rangeOf(request.path);
      const asText = wantsText(request);
      const difference = await registry.difference(before, after);
      const body = asText
        ? `${differenceText(difference, { colour: false })}\n`
        : JSON.stringify(difference, null, 2);
      const type = asText ? "text/plain; charset=utf-8" : "application/json";
      return {
        status: 200,
        headers: [
          ["content-type", type],
          ["vary", "accept"],
        ],
        body,
      };
    },
  };
}

function rangeOf(path: string): VersionRange {
  const range = parseRange(decodeURIComponent(path.slice(diffPath.length + 1)));
  if (range !== undefined) return range;
  throw new TidegateError(
    "BAD_REQUEST",
    "The path must name two versions, such as /~diff/master@1a2b3c4d..master@latest.",
  );
}

function wantsText(request: HttpRequest): boolean {
  const { format } = request.query;
  if (format === "text" || format === "json") return format === "text";
  if (format !== undefined)
    throw new TidegateError("BAD_REQUEST", "The parameter format must be text or json.");
  const accept = request.header("accept") ?? "";
  return accept.includes("text/plain") && !accept.includes("application/json");
}
