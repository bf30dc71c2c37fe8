import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type HttpRequest, type HttpRoute, type Reply, TidegateError } from "@tidegate/core-registry";

// The path under which the routes serve the files of the page.
const assetsPath = "/graphql/assets";

interface Asset {
  readonly type: string;
  read(): Promise<string>;
}

const require = createRequire(import.meta.url);
const script = "text/javascript; charset=utf-8";

// The files of the installed packages: the browser loads nothing from other hosts, and nothing has to be
// bundled.
const files: Readonly<Record<string, Asset>> = {
  "react.js": packageFile("react/package.json", "umd/react.production.min.js", script),
  "react-dom.js": packageFile("react-dom/package.json", "umd/react-dom.production.min.js", script),
  "graphiql.js": packageFile("graphiql/package.json", "graphiql.min.js", script),
  "graphiql.css": packageFile("graphiql/package.json", "graphiql.min.css", "text/css; charset=utf-8"),
  "start.js": { type: script, read: () => Promise.resolve(start) },
};

// The script of the page. The URL of the script locates the API, also under a branch or behind a proxy's
// prefix.
const start = `const here = new URL(document.currentScript.src);
const endpoint = new URL("../../graphql", here);
const socket = new URL(endpoint);
socket.protocol = here.protocol === "https:" ? "wss:" : "ws:";
const fetcher = GraphiQL.createFetcher({ url: endpoint.href, subscriptionUrl: socket.href });
const query = new URLSearchParams(location.search).get("query") ?? undefined;
ReactDOM.createRoot(document.getElementById("graphiql"))
  .render(React.createElement(GraphiQL, { fetcher, query, defaultEditorToolsVisibility: true }));
`;

/** Makes the GraphiQL page for browsers (S5.5). */
export function graphiqlPage({ base }: HttpRequest): Reply {
  const at = `${base}${assetsPath}`;
  const body = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${at}/graphiql.css">
    <style>body { margin: 0 } #graphiql { height: 100dvh }</style>
  </head>
  <body>
    <div id="graphiql">Loading</div>
    <script src="${at}/react.js"></script>
    <script src="${at}/react-dom.js"></script>
    <script src="${at}/graphiql.js"></script>
    <script src="${at}/start.js"></script>
  </body>
</html>
`;
  return {
    status: 200,
    headers: [
      ["content-type", "text/html; charset=utf-8"],
      ["vary", "accept"],
    ],
    body,
  };
}

/** The route of the files that the GraphiQL page loads. */
export const graphiqlAssets: HttpRoute = {
  kind: "http",
  method: "GET",
  path: `${assetsPath}/:name`,
  handle: async ({ params }) => {
    const name = params.name ?? "";
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    if (file === undefined) throw new TidegateError("NOT_FOUND");
    return {
      status: 200,
      headers: [
        ["content-type", file.type],
        ["cache-control", "public, max-age=3600"],
      ],
      body: await file.read(),
    };
  },
};

// Reads a file of an installed package once.
function packageFile(manifest: string, path: string, type: string): Asset {
  let text: Promise<string> | undefined;
  return {
    type,
    read: () => {
      text ??= readFile(join(dirname(require.resolve(manifest)), path), "utf8");
      return text;
    },
  };
}
