import type { Context, ServiceSchema } from "moleculer";

/** How often each action was called, by its name in the service. */
export type CallCounts = Readonly<Record<string, number>>;

/** A mixin that counts the calls of a service's actions. Its action `calls` tells: so batches can be seen. */
export function countCalls(): Partial<ServiceSchema> {
  const counts = new Map<string, number>();
  return {
    hooks: {
      before: {
        "*": ({ action }: Context) => {
          const name = action?.name?.split(".").at(-1) ?? "";
          // What the gateway reports is no business of whoever counts.
          if (!name.startsWith("$")) counts.set(name, (counts.get(name) ?? 0) + 1);
        },
      },
    },
    actions: {
      calls: { params: {}, handler: (): CallCounts => Object.fromEntries(counts) },
    },
  };
}
