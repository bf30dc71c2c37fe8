import type { ActionEntry, Broker, DirectorySnapshot, ServiceEntry } from "@tidegate/core-registry";

/**
 * Creates the directory of branch `master` with the given actions, by full name. They are published, up and
 * on node `n1`; their service is the text before the first dot.
 *
 * @param services names of further services
 */
export function directoryOf(
  broker: Broker,
  actions: Readonly<Record<string, Partial<ActionEntry>>> = {},
  services: readonly string[] = [],
): DirectorySnapshot {
  const entries = new Map(
    Object.entries(actions).map(([name, parts]): [string, ActionEntry] => [
      name,
      { name, service: name.split(".")[0] ?? name, broker, published: true, state: "up", ...parts },
    ]),
  );
  const names = new Set([...services, ...[...entries.values()].map(({ service }) => service)]);
  const all = [...names].map(
    (name): ServiceEntry => ({
      name,
      broker,
      actions: [...entries.values()].filter(({ service }) => service === name),
      events: [],
      nodes: ["n1"],
      state: "up",
    }),
  );
  return {
    branch: "master",
    action: (name) => entries.get(name),
    service: (name) => all.find((service) => service.name === name),
    services: () => all,
  };
}
