import type { RestRouteInput } from "@tidegate/protocol-rest";

/** The routes of the page: a gateway serves a page as it serves anything else. */
export const pageRoutes: readonly RestRouteInput[] = [
  file("/", "index.html", "The page that shows the matches and the table as they move."),
  file("/page.css", "page.css", "How it looks."),
  file("/page.js", "page.js", "What it does."),
];

function file(path: string, name: string, description: string): RestRouteInput {
  return {
    method: "GET",
    path,
    description,
    call: {
      action: "match.page",
      params: { file: name },
      map: `({ response }) => ({ $headers: { "Content-Type": response.type }, $body: response.text })`,
    },
  };
}
