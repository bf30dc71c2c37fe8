import type { Endpoint } from "../contracts/protocol.ts";
import { parsePattern } from "../routing/pattern.ts";
import type { Aspect } from "./aspect.ts";

/** The endpoints that answer, by every key that they answer for. */
export type Holders = ReadonlyMap<string, Endpoint>;

/** The path of an endpoint; undefined where it has none. */
export function pathOf({ http, websocket }: Endpoint): string | undefined {
  return http?.path ?? websocket?.path;
}

/** Who holds which key: an endpoint whose path has optional parameters answers for several. Its own key goes first. */
export function holdersOf(endpoints: readonly Endpoint[]): Holders {
  const holders = new Map(endpoints.map((endpoint) => [endpoint.key, endpoint]));
  for (const endpoint of endpoints)
    for (const key of otherKeys(endpoint)) if (!holders.has(key)) holders.set(key, endpoint);
  return holders;
}

/**
 * What differs in the paths of one endpoint.
 * @param holders who answers afterwards
 */
export function pathAspects(before: Endpoint, after: Endpoint, holders: () => Holders): readonly Aspect[] {
  const [was, is] = [pathOf(before), pathOf(after)];
  if (was === undefined || is === undefined || was === is) return [];
  const one = parsePattern(was).pattern;
  const other = parsePattern(is).pattern;
  if (one === undefined || other === undefined)
    return [{ level: "dangerous", detail: `Its path was \`${was}\`, and is \`${is}\` now.` }];
  const lost = one.shapes.filter((shape) => !other.shapes.includes(shape));
  const gained = other.shapes.filter((shape) => !one.shapes.includes(shape));
  return [
    ...lost.map((shape): Aspect => {
      const holder = holders().get(keyOfShape(before, one.shapes[0] ?? "", shape));
      return holder === undefined
        ? { level: "breaking", detail: `\`${shape}\` is not served any more.` }
        : { level: "dangerous", detail: `\`${shape}\` is served by \`${holder.label}\` now.` };
    }),
    ...gained.map((shape): Aspect => ({ level: "safe", detail: `It serves \`${shape}\` too now.` })),
    ...[...renamedOf(one.parameters, other.parameters)].map(
      ([name, now]): Aspect => ({
        level: "dangerous",
        detail: `The path's parameter \`${name}\` is called \`${now}\` now.`,
      }),
    ),
  ];
}

/** The parameters of an endpoint's path that have another name now, by the old one. */
export function renamedParameters(before: Endpoint, after: Endpoint): ReadonlyMap<string, string> {
  const [was, is] = [pathOf(before), pathOf(after)];
  if (was === undefined || is === undefined || was === is) return new Map();
  return renamedOf(parsePattern(was).pattern?.parameters ?? [], parsePattern(is).pattern?.parameters ?? []);
}

function renamedOf(before: readonly string[], after: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    before.flatMap((name, index): [string, string][] => {
      const now = after[index];
      return now === undefined || now === name ? [] : [[name, now]];
    }),
  );
}

function otherKeys(endpoint: Endpoint): string[] {
  const path = pathOf(endpoint);
  if (path === undefined || !path.includes("?")) return [];
  const [own, ...others] = parsePattern(path).pattern?.shapes ?? [];
  return own === undefined ? [] : others.map((shape) => keyOfShape(endpoint, own, shape));
}

// An endpoint's key ends in the first shape of its path: `GET /players/:`.
function keyOfShape({ key }: Endpoint, own: string, shape: string): string {
  return key.endsWith(own) ? `${key.slice(0, key.length - own.length)}${shape}` : shape;
}
