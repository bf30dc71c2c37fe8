import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Route } from "../../contracts/route.ts";
import type { CompiledVersion } from "./compiled-version.ts";

/** A route of a fragment as `/~status` lists it (S9.9), with the key of its claim. */
export interface ListedRoute {
  readonly key: string;
  /** `/players/:id (http:GET): One player.` or `/feed (ws): The live feed.` */
  readonly text: string;
}

const maxDescription = 200;

/** The routes of a fragment as `/~status` lists them; fields and types of GraphQL are none. */
export function listedRoutes(endpoints: readonly Endpoint[]): readonly ListedRoute[] {
  return endpoints.flatMap(({ key, http, websocket, description, origin }) => {
    // Without a description, the service tells where the route comes from.
    const summary = firstLine(description) || `service ${origin.service}`;
    if (http !== undefined) return [{ key, text: `${http.path} (http:${http.method}): ${summary}` }];
    return websocket === undefined ? [] : [{ key, text: `${websocket.path} (ws): ${summary}` }];
  });
}

/** The routes of the protocols themselves that have a summary, as `/~status` lists them. */
export function protocolRoutes({ version }: Pick<CompiledVersion, "version">): readonly string[] {
  return [...version.protocols.values()].flatMap(({ assembled }) =>
    (assembled?.routes ?? []).flatMap((route) => protocolRoute(route) ?? []),
  );
}

function protocolRoute(route: Route): string | undefined {
  const summary = firstLine(route.summary);
  if (summary === "") return undefined;
  return `${route.path} (${route.kind === "http" ? `http:${route.method}` : "ws"}): ${summary}`;
}

function firstLine(text = ""): string {
  return text.trim().split("\n", 1)[0]?.slice(0, maxDescription) ?? "";
}
