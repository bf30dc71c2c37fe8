import {
  type Access,
  differenceText,
  type GatewayPage,
  type HttpRequest,
  type Registry,
  TidegateError,
} from "@tidegate/core-registry";
import { readRange } from "../version-range.ts";

/** What the page asks, and who may. */
export interface DiffPageOptions {
  /** What knows. */
  readonly registry: Pick<Registry, "difference">;
  /** Who may ask (S9.11). */
  readonly access: Access;
}

/** Where the page is; the versions stand below it. */
export const diffPath = "/~diff";

/**
 * `GET /~diff/BRANCH@A..BRANCH@B`, short `/~diff/BRANCH@A..B`: what differs between two versions, by their tags or `latest`. JSON,
 * or text for people where the request asks for `text/plain` or says `?format=text`. 404 says which branch or version is not
 * there.
 */
export function diffPage({ registry, access }: DiffPageOptions): GatewayPage {
  return {
    method: "GET",
    path: diffPath,
    below: true,
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

function rangeOf(path: string) {
  const range = readRange(decodeURIComponent(path.slice(diffPath.length + 1)));
  if (range !== undefined) return range;
  throw new TidegateError(
    "BAD_REQUEST",
    "Ask for two versions: /~diff/master@1a2b3c4d..master@latest, or /~diff/master@1a2b3c4d..latest.",
  );
}

function wantsText(request: HttpRequest): boolean {
  const { format } = request.query;
  if (format === "text" || format === "json") return format === "text";
  if (format !== undefined) throw new TidegateError("BAD_REQUEST", "format is text or json.");
  const accept = request.header("accept") ?? "";
  return accept.includes("text/plain") && !accept.includes("application/json");
}
