import type { Context, ServiceSchema } from "moleculer";

/** The number of calls by action, without the name of the service. */
export type CallCounts = Readonly<Record<string, number>>;

/**
 * A mixin that counts the calls of a service's actions. Its action `calls` returns the counts, which show
 * batching.
 */
export function countCalls(): Partial<ServiceSchema> {
  const counts = new Map<string, number>();
  return {
    hooks: {
      before: {
        "*": ({ action }: Context) => {
          const name = action?.name?.split(".").at(-1) ?? "";
          // The gateway's reports are not counted.
          if (!name.startsWith("$")) counts.set(name, (counts.get(name) ?? 0) + 1);
        },
      },
    },
    actions: {
      calls: { params: {}, handler: (): CallCounts => Object.fromEntries(counts) },
    },
  };
}
