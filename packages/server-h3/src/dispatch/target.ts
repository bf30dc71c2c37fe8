import type { HttpRoute, Method, Route } from "@tidegate/core-registry";
import { addRoute, createRouter, findRoute, type RouterContext } from "rou3";
import { parameter } from "./expansion.ts";
import type { Entry } from "./group.ts";

/** What a path leads to. */
export interface Match<Kind extends Route = HttpRoute> {
  /** The route. */
  readonly route: Kind;
  /** Its parameters, decoded once; without prototype. */
  readonly params: Readonly<Record<string, string>>;
}

/** The route of a method and a whole path whose shape fits. */
export type Target<Kind extends Route> = (method: string, path: string) => Match<Kind> | undefined;

/** What targets are made with. */
export interface TargetInput<Kind extends Route> {
  /** The method of a route. */
  readonly methodOf: (route: Kind) => Method;
  /** Told of a route that cannot be mounted. */
  readonly refused: (route: Route, error: unknown) => void;
}

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** Leads to one of the routes of one shape: undefined where there is none. Of equal ones the first counts. */
export function makeTarget<Kind extends Route>(
  entries: readonly Entry<Kind>[],
  input: TargetInput<Kind>,
): Target<Kind> | undefined {
  if (entries.length === 0) return undefined;
  return entries.some(({ ranked }) => ranked) ? rankedTarget(entries, input) : firstTarget(entries, input);
}

function firstTarget<Kind extends Route>(
  entries: readonly Entry<Kind>[],
  { methodOf }: TargetInput<Kind>,
): Target<Kind> {
  const byMethod = new Map<string, Entry<Kind>>();
  for (const entry of entries) {
    const method = methodOf(entry.route);
    if (!byMethod.has(method)) byMethod.set(method, entry);
  }
  return (method, path) => {
    const entry = byMethod.get(method);
    return entry && { route: entry.route, params: segmentParams(entry, path) };
  };
}

/** Which regex, and which way to take the rest, comes first: rou3 knows. */
function rankedTarget<Kind extends Route>(
  entries: readonly Entry<Kind>[],
  { methodOf, refused }: TargetInput<Kind>,
): Target<Kind> {
  const table: RouterContext<Entry<Kind>> = createRouter();
  for (const entry of entries) {
    try {
      addRoute(table, methodOf(entry.route), entry.pattern, entry);
    } catch (error) {
      refused(entry.route, error);
    }
  }
  return (method, path) => {
    const found = findRoute(table, method, path);
    return found && { route: found.data.route, params: foundParams(found.data.names, found.params ?? {}) };
  };
}

function segmentParams({ names, outline }: Entry<Route>, path: string): Readonly<Record<string, string>> {
  if (names.length === 0) return noParams;
  const params: Record<string, string> = Object.create(null);
  let begin = 1;
  let count = 0;
  for (const segment of outline) {
    const slash = path.indexOf("/", begin);
    const end = slash === -1 ? path.length : slash;
    const name = segment === parameter ? names[count] : undefined;
    if (name !== undefined) {
      params[name] = decode(path.slice(begin, end));
      count += 1;
      if (count === names.length) break;
    }
    begin = end + 1;
  }
  return params;
}

function foundParams(
  names: readonly string[],
  found: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (names.length === 0) return noParams;
  const params: Record<string, string> = Object.create(null);
  for (const name of names) {
    const value = found[name];
    if (value !== undefined) params[name] = decode(value);
  }
  return params;
}

function decode(value: string): string {
  return value.includes("%") ? decodeURIComponent(value) : value;
}
