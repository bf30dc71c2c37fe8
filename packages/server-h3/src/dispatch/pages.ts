import type { GatewayPage } from "@tidegate/core-registry";

/** The gateway's own pages, by path and method. */
export interface Pages {
  /** The page of a path and method; HEAD follows GET. */
  find(method: string, path: string): GatewayPage | undefined;
  /** Every page of a path: those that have it, else those that own what lies below theirs. */
  at(path: string): readonly GatewayPage[];
}

/** Orders pages by their paths, which have no parameters. */
export function makePages(list: readonly GatewayPage[]): Pages {
  const byPath = Map.groupBy(list, (page) => page.path);
  const owners = list.filter((page) => page.below === true);
  const at = (path: string): readonly GatewayPage[] =>
    byPath.get(path) ?? owners.filter((page) => path.startsWith(`${page.path}/`));
  return {
    at,
    find: (method, path) => at(path).find((page) => page.method === (method === "HEAD" ? "GET" : method)),
  };
}
