import { expect, test } from "vitest";
import type { Registry } from "../../../src/registry/contract.ts";
import { setUp } from "../kit.ts";

/** What a branch serves, as the table of S9.1 writes it: `a@v2 b@v1`. */
function shown(registry: Registry, branch: string): string {
  const served = registry.find(branch, undefined);
  if (served.version === undefined) return "N/A";
  const services = served.version.endpoints.map(({ http }) => http?.path.slice(1).replace("/", "@"));
  return services.length === 0 ? "(empty)" : services.sort().join(" ");
}

test("S9.1: the table of the branch strategy, row by row", async () => {
  const { bus, clock, registry } = setUp();
  await registry.start();
  let revision = 0;
  const publish = async (node: string, service: string, version: string, branch: string): Promise<void> => {
    revision += 1;
    const fragment = { branch, protocol: { Paths: { paths: [`/${service}/${version}`] } } };
    bus.node(node).publish({ name: service, revision, fragment });
    await registry.settled();
  };
  const row = (event: string, master: string, dongwook: string): void => {
    expect([shown(registry, "master"), shown(registry, "dongwook")], event).toEqual([master, dongwook]);
  };

  row("initial schema", "(empty)", "N/A");

  await publish("1", "a", "v1", "master");
  row("a added to master", "a@v1", "N/A");

  await publish("1", "a", "v2", "master");
  row("a updated to master", "a@v2", "N/A");

  await publish("2", "b", "v1", "dongwook");
  row("b added to dongwook", "a@v2", "a@v2 b@v1");

  await publish("1", "a", "v3", "master");
  row("a updated to master", "a@v3", "a@v3 b@v1");

  await publish("3", "a", "v4", "dongwook");
  row("a updated to dongwook", "a@v3", "a@v4 b@v1");

  await publish("1", "a", "v3-2", "master");
  row("a updated to master", "a@v3-2", "a@v4 b@v1");

  // The original table left this row out; the specification has it.
  await publish("3", "a", "v5", "dongwook");
  row("a updated to dongwook", "a@v3-2", "a@v5 b@v1");

  await publish("4", "c", "v1", "master");
  row("c added to master", "a@v3-2 c@v1", "a@v5 b@v1 c@v1");

  await publish("2", "b", "v1", "master");
  row("b added to master", "a@v3-2 b@v1 c@v1", "a@v5 b@v1 c@v1");

  await publish("3", "a", "v5", "master");
  row("a updated to master", "a@v5 b@v1 c@v1", "a@v5 b@v1 c@v1");
  expect(registry.find("dongwook", undefined).version?.id).toBe(
    registry.find("master", undefined).version?.id,
  );

  clock.advance(1_800_000);
  row("dongwook branch removed", "a@v5 b@v1 c@v1", "N/A");
});
