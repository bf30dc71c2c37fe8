import type { Endpoint } from "../../contracts/endpoint.ts";
import { parsePattern } from "../../runtime/routing/pattern.ts";
import type { ChangeDetail } from "./change-detail.ts";
import type { RenamedParameters } from "./params.ts";

/** Endpoints by every key that they serve: an endpoint whose path has optional parameters serves several. */
export type EndpointsByKey = ReadonlyMap<string, Endpoint>;

/** The path of an endpoint; undefined where its protocol has no paths. */
export function pathOf({ http, websocket }: Endpoint): string | undefined {
  return http?.path ?? websocket?.path;
}

/** Maps each key to the endpoint that serves it. An endpoint whose own key it is comes first. */
export function endpointsByKey(endpoints: readonly Endpoint[]): EndpointsByKey {
  const byKey = new Map(endpoints.map((endpoint) => [endpoint.key, endpoint]));
  for (const endpoint of endpoints)
    for (const key of optionalKeys(endpoint)) if (!byKey.has(key)) byKey.set(key, endpoint);
  return byKey;
}

/**
 * Compares the paths of one endpoint in two versions.
 * @param servedAfter the endpoints of the version after
 */
export function pathDetails(
  before: Endpoint,
  after: Endpoint,
  servedAfter: () => EndpointsByKey,
): readonly ChangeDetail[] {
  const [previousPath, path] = [pathOf(before), pathOf(after)];
  if (previousPath === undefined || path === undefined || previousPath === path) return [];
  const previous = parsePattern(previousPath).pattern;
  const current = parsePattern(path).pattern;
  if (previous === undefined || current === undefined)
    return [{ level: "dangerous", detail: `The path changed from \`${previousPath}\` to \`${path}\`.` }];
  const lost = previous.shapes.filter((shape) => !current.shapes.includes(shape));
  const added = current.shapes.filter((shape) => !previous.shapes.includes(shape));
  return [
    ...lost.map((shape) =>
      lostShape(shape, servedAfter().get(keyOfShape(before, previous.shapes[0] ?? "", shape))),
    ),
    ...added.map((shape): ChangeDetail => ({ level: "safe", detail: `It now serves \`${shape}\`, too.` })),
    ...[...renamed(previous.parameters, current.parameters)].map(
      ([from, to]): ChangeDetail => ({
        level: "dangerous",
        detail: `The path parameter \`${from}\` was renamed to \`${to}\`.`,
      }),
    ),
  ];
}

function lostShape(shape: string, servedBy: Endpoint | undefined): ChangeDetail {
  return servedBy === undefined
    ? { level: "breaking", detail: `\`${shape}\` is no longer served.` }
    : { level: "dangerous", detail: `\`${shape}\` is now served by \`${servedBy.label}\`.` };
}

/** The renamed path parameters of an endpoint: the new names by the old ones. */
export function renamedParameters(before: Endpoint, after: Endpoint): RenamedParameters {
  const [previousPath, path] = [pathOf(before), pathOf(after)];
  if (previousPath === undefined || path === undefined || previousPath === path) return new Map();
  return renamed(
    parsePattern(previousPath).pattern?.parameters ?? [],
    parsePattern(path).pattern?.parameters ?? [],
  );
}

function renamed(before: readonly string[], after: readonly string[]): RenamedParameters {
  return new Map(
    before.flatMap((from, index): [string, string][] => {
      const to = after[index];
      return to === undefined || to === from ? [] : [[from, to]];
    }),
  );
}

/** The keys that an endpoint serves beside its own, because parameters of its path are optional. */
function optionalKeys(endpoint: Endpoint): string[] {
  const path = pathOf(endpoint);
  if (path === undefined || !path.includes("?")) return [];
  const [own, ...others] = parsePattern(path).pattern?.shapes ?? [];
  return own === undefined ? [] : others.map((shape) => keyOfShape(endpoint, own, shape));
}

// The key of an endpoint ends with the first shape of its path: `GET /players/:`.
function keyOfShape({ key }: Endpoint, own: string, shape: string): string {
  return key.endsWith(own) ? `${key.slice(0, key.length - own.length)}${shape}` : shape;
}
