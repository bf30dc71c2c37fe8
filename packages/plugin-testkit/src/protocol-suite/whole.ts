import type { Assembled, Endpoint, Part, Protocol, ProtocolVersion } from "@tidegate/core-registry";
import { isUnder, parsePattern, routeKeys, routeLabel } from "@tidegate/core-registry/runtime";
import { directoryOf } from "../directory.ts";
import { memoryBroker } from "../memory/broker.ts";
import type { CheckContext } from "../suite/check.ts";
import { isMembers } from "../suite/values.ts";
import type { ProtocolCheck } from "./driver.ts";
import { changesProblem } from "./shape.ts";
import { assemble, compileParts, type ProtocolSystem, startedSystem } from "./system.ts";

/** Checks what a protocol makes of all parts of a branch (S17). */
export const wholeChecks: readonly ProtocolCheck[] = [
  {
    title: "no, one or many parts are assembled, to routes at reserved paths",
    needs: needsAssemble,
    run: async (suite, check) => {
      const { system, parts } = await compiled(suite, check);
      for (const some of [[], parts.slice(0, 1), parts]) {
        const { routes = [] } = (await assemble(system, check, some)) ?? {};
        const outside = routes.filter(({ path }) => !isReserved(path, system.protocol));
        check.clause("Routes of the protocol itself, at or below its `reserved` paths.");
        check.equal(
          outside.map(({ path }) => path),
          [],
          `the list of routes outside of ${JSON.stringify(system.protocol.reserved ?? [])}`,
        );
      }
    },
  },
  {
    title: "assemble leaves out the claims that wait",
    needs: needsAssemble,
    run: async (suite, check) => {
      const { system, parts } = await compiled(suite, check);
      const waiting = parts.map((part) => ({ ...part, waiting: new Set(keysOf(part)) }));
      if (waiting.every(({ waiting: keys }) => keys.size === 0)) check.skip("the parts have no claims");
      const assembled = await assemble(system, check, waiting);
      const nothing = await assemble(system, check, []);
      check.clause("Keys of the claims that wait for others. `assemble` leaves them out.");
      check.equal(labels(assembled), labels(nothing), "the list of routes where all claims wait");
      const documents = await documentsOf(system, check, [], assembled);
      const expected = await documentsOf(system, check, [], nothing);
      check.equal(documents, expected, "the documents where all claims wait");
    },
  },
  {
    title: "assemble reuses the previous result where nothing changed",
    needs: needsAssemble,
    run: async (suite, check) => {
      const { system, parts } = await compiled(suite, check);
      const first = await assemble(system, check, parts);
      const again = await assemble(system, check, [...parts], first);
      check.clause("`assemble` reuses unchanged objects of `previous`, and all of it where nothing differs.");
      check.ok(first === again, "the same object is returned for the same parts", "another object");
      const fewer = await assemble(system, check, parts.slice(1), first);
      check.clause("A result of other parts is another object: the gateway compares them.");
      check.ok(parts.length === 0 || fewer !== first, "another object for fewer parts", "the same object");
    },
  },
  {
    title: "diff lists nothing for equal versions, and changes with label and level",
    needs: ({ make }) => (make().diff === undefined ? "the protocol has no diff" : undefined),
    run: async (suite, check) => {
      const { system, parts } = await compiled(suite, check);
      const { protocol } = system;
      const all = await versionOf(system, check, parts);
      const none = await versionOf(system, check, []);
      check.clause("Lists the changes between two versions.");
      check.equal(protocol.diff?.(all, all), [], "diff() of a version and itself");
      check.equal(
        protocol.diff?.(all, await versionOf(system, check, parts)),
        [],
        "diff() of equal versions",
      );
      for (const [before, after, kind] of [
        [none, all, "added"],
        [all, none, "removed"],
      ] as const) {
        const changes = protocol.diff?.(before, after);
        check.ok(changesProblem(changes) === undefined, "diff() returns changes", changesProblem(changes));
        const isKind = changes?.some((change) => change.kind === kind) ?? false;
        check.ok(all.endpoints.length === 0 || isKind, `all endpoints are ${kind}`, changes);
        const plugins = new Set(changes?.map(({ plugin }) => plugin));
        plugins.delete(protocol.name);
        check.equal([...plugins], [], `the list of names of changes that are not ${protocol.name}`);
      }
    },
  },
  {
    title: "documents are texts by file name",
    needs: ({ make }) => (make().documents === undefined ? "the protocol has no documents" : undefined),
    run: async (suite, check) => {
      const { system, parts } = await compiled(suite, check);
      for (const some of [[], parts]) {
        const version = await versionOf(system, check, some);
        await documentsOf(system, check, version.endpoints, version.assembled);
      }
    },
  },
];

function needsAssemble({ make }: { readonly make: () => Protocol }): string | undefined {
  return make().assemble === undefined ? "the protocol has no assemble" : undefined;
}

async function compiled(
  suite: Parameters<typeof startedSystem>[0],
  check: CheckContext,
): Promise<{ readonly system: ProtocolSystem; readonly parts: readonly Part[] }> {
  const system = await startedSystem(suite, check);
  return { system, parts: (await compileParts(system, check)).map(({ part }) => part) };
}

function isReserved(path: string, { reserved = [] }: Protocol): boolean {
  const { pattern } = parsePattern(path);
  return pattern !== undefined && isUnder(pattern, reserved) !== undefined;
}

function keysOf({ compiled: { claims = [] } }: Part): readonly string[] {
  return claims.map(({ key }) => key);
}

function labels(assembled: Assembled | undefined): readonly string[] {
  return (assembled?.routes ?? []).map(routeLabel).sort();
}

async function versionOf(
  system: ProtocolSystem,
  check: CheckContext,
  parts: readonly Part[],
): Promise<ProtocolVersion> {
  const assembled = await assemble(system, check, parts);
  return { endpoints: parts.flatMap((part) => endpointsOf(system.protocol, part)), assembled };
}

/** The endpoints of a part, as the core lists them. */
function endpointsOf(
  { name }: Protocol,
  { origin, compiled: { routes = [], claims = [] } }: Part,
): Endpoint[] {
  const common = (endpoint: { readonly jsonPath: string; readonly fingerprint?: string }) => ({
    protocol: name,
    connectors: [],
    group: { name: origin.service },
    fingerprint: "",
    ...endpoint,
    origin: { ...origin, jsonPath: endpoint.jsonPath },
  });
  const ofRoutes = routes.flatMap((route): Endpoint[] => {
    if (route.endpoint === undefined) return [];
    const place =
      route.kind === "http"
        ? { http: { method: route.method, path: route.path } }
        : { websocket: { path: route.path } };
    return [
      { ...common(route.endpoint), key: routeKeys(route)[0] ?? "", label: routeLabel(route), ...place },
    ];
  });
  const ofClaims = claims.flatMap(({ key, label = key, endpoint }): Endpoint[] =>
    endpoint === undefined ? [] : [{ ...common(endpoint), key, label }],
  );
  return [...ofRoutes, ...ofClaims];
}

async function documentsOf(
  { protocol }: ProtocolSystem,
  check: CheckContext,
  endpoints: readonly Endpoint[],
  assembled: Assembled | undefined,
): Promise<unknown> {
  check.clause("Makes the documents of a version, by file name, such as `schema.graphql`.");
  const documents: unknown = await check.wait(
    Promise.try(
      () =>
        protocol.documents?.(
          { endpoints, assembled },
          { version: "00000000", directory: directoryOf(memoryBroker().broker) },
        ) ?? {},
    ),
    "documents() resolves",
  );
  if (!isMembers(documents)) check.ok(false, "documents() returns texts by file name", documents);
  for (const [file, text] of Object.entries(documents ?? {})) {
    check.ok(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(file), "the name is a file name", file);
    check.ok(typeof text === "string", `${file} is a text`, text);
  }
  return documents;
}
