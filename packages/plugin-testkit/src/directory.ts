import type { ActionEntry, Broker, DirectorySnapshot, ServiceEntry } from "@tidegate/core-registry";

/**
 * Makes master's directory of these actions, by full name: all at one broker, published, up, on node `n1`, and each of
 * the service before its first dot.
 *
 * @param services names of services that are there beside those of the actions
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
