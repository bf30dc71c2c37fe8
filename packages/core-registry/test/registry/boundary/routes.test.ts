import { describe, expect, test } from "vitest";
import { pathsProtocol, setUpPlugins } from "./kit.ts";

const route = (path: string) => ({
  kind: "http" as const,
  method: "GET" as const,
  path,
  handle: () => ({ status: 200, headers: [], body: path }),
});

describe("S4.6 routes of all protocols share one namespace", () => {
  const protocols = [pathsProtocol("Paths"), pathsProtocol("Other")];

  test("a route on the path of another service and protocol is refused with a report", async () => {
    const { publish, registry, served, reportOf } = await setUpPlugins({ protocols });
    publish("first", { protocol: { Paths: { paths: ["/players/:id"] } } });
    await registry.settled();
    publish("second", { protocol: { Other: { paths: ["/players/:name"] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /players/:id"]);
    expect(reportOf("second")).toMatchObject({
      state: "failed",
      findings: [
        {
          code: "CLAIM_TAKEN",
          jsonPath: "protocol.Other.paths[0]",
          message: "The service `first` already owns `GET /players/:name`.",
        },
      ],
    });
    const [branch] = registry.branches();
    expect(branch?.contested).toEqual([{ claim: "GET /players/:", owner: "first", claimants: ["second"] }]);
  });

  test("two protocols of one fragment with the same route are an error", async () => {
    const { publish, registry, served, reportOf } = await setUpPlugins({ protocols });
    publish("one", { protocol: { Paths: { paths: ["/a"] }, Other: { paths: ["/a"] } } });
    await registry.settled();
    expect(served()).toEqual([]);
    expect(reportOf("one")?.findings).toMatchObject([
      {
        code: "ROUTE_TWICE",
        jsonPath: "protocol.Other.paths[0]",
        message: "GET /a matches the same requests as GET /a at protocol.Paths.paths[0].",
      },
    ]);
  });

  test.each([
    ["/~status", "The path /~status is reserved: the gateway serves /~."],
    ["/rpc", "The path /rpc is reserved: the protocol Rpc serves /rpc."],
    ["/rpc/batch", "The path /rpc/batch is reserved: the protocol Rpc serves /rpc."],
    ["/files/a", "The path /files/a is reserved: the gateway serves /files."],
  ])("a route of any protocol on %s is refused", async (path, message) => {
    const { publish, registry, served, reportOf } = await setUpPlugins({
      reserved: ["/files"],
      protocols: [pathsProtocol("Paths"), pathsProtocol("Rpc", { reserved: ["/rpc"] })],
    });
    publish("one", { protocol: { Paths: { paths: [path] } } });
    await registry.settled();
    expect(served()).toEqual([]);
    expect(reportOf("one")?.findings).toMatchObject([
      { code: "PATH_RESERVED", jsonPath: "protocol.Paths.paths[0].path", message },
    ]);
  });

  test("a path that the protocol did not check is refused", async () => {
    const { publish, registry, reportOf } = await setUpPlugins();
    publish("one", { protocol: { Paths: { paths: ["/a/:id("] } } });
    await registry.settled();
    expect(reportOf("one")?.findings).toMatchObject([
      { severity: "error", code: "PATH_INVALID", jsonPath: "protocol.Paths.paths[0]" },
    ]);
  });

  test("a route that waits for a definition of another service is not served before (S5.8)", async () => {
    const { publish, registry } = await setUpPlugins({
      protocols: [
        pathsProtocol("Needy", {
          compile: ({ paths: [path = "/"], action }) =>
            action === undefined
              ? { claims: [{ key: "word", jsonPath: "protocol.Needy" }] }
              : {
                  routes: [
                    { ...route(path), needs: ["word"], endpoint: { jsonPath: "protocol.Needy" } },
                    route("/free"),
                  ],
                },
        }),
      ],
    });
    const paths = (): string[] => {
      const { version } = registry.find("master", undefined);
      return version === undefined ? [] : version.routes.flat().map((one) => one.path);
    };
    publish("needs", { protocol: { Needy: { paths: ["/waits"], action: "needs.get" } } });
    await registry.settled();
    expect(paths()).toEqual(["/free"]);
    publish("gives", { protocol: { Needy: { paths: [] } } });
    await registry.settled();
    expect(paths()).toEqual(["/waits", "/free"]);
  });
});

describe("S3.1 sources", () => {
  const mapped = (params: string, client: boolean) =>
    pathsProtocol("Paths", {
      sources: { args: { values: "data", fromClient: client }, meta: { values: "data", fromClient: false } },
      compile: (input, tools) => {
        const jsonPath = `${tools.origin.jsonPath}.paths[0]`;
        const call = { action: "one.get", params: { id: input.action ?? params } };
        const connector = tools.connectors.compile({ call }, { jsonPath });
        return {
          routes: [
            {
              ...route("/a"),
              endpoint: {
                jsonPath,
                connectors: connector === undefined ? [] : [connector.description],
                fingerprint: JSON.stringify({ call }),
              },
            },
          ],
        };
      },
    });

  test.each([
    [true, "breaking"],
    [false, "dangerous"],
  ] as const)(
    "a param that moves in a source of a third party that clients send (%s) is %s",
    async (client, level) => {
      const { publish, registry, reportOf } = await setUpPlugins({ protocols: [mapped("", client)] });
      publish("one", { protocol: { Paths: { paths: [], action: "@args.id" } } });
      await registry.settled();
      publish("one", { protocol: { Paths: { paths: [], action: "@args.playerId" } } });
      await registry.settled();
      expect(reportOf("one")?.changes).toMatchObject([{ label: "GET /a", level }]);
    },
  );

  test("a source of another protocol is an error, another word a warning", async () => {
    const { publish, registry, reportOf } = await setUpPlugins({
      protocols: [
        mapped("", true),
        pathsProtocol("Other", { sources: { cell: { values: "text", fromClient: true } } }),
      ],
    });
    publish("one", { protocol: { Paths: { paths: [], action: "@cell.id" } } });
    await registry.settled();
    expect(reportOf("one")?.findings).toMatchObject([{ severity: "error", code: "SOURCE_FOREIGN" }]);
    publish("two", { protocol: { Paths: { paths: [], action: "@word.id" } } });
    await registry.settled();
    expect(reportOf("two")?.findings.map(({ code }) => code)).toContain("SOURCE_UNKNOWN");
  });

  test("a protocol that reads a source which it does not declare is at fault, not the fragment", async () => {
    const { publish, registry, reportOf } = await setUpPlugins({
      protocols: [
        pathsProtocol("Paths", {
          compile: (_, tools) => {
            tools.connectors.compile(
              { call: { action: "a.b" } },
              { jsonPath: "protocol.Paths", sources: ["body"] },
            );
            return {};
          },
        }),
      ],
    });
    publish("one", { protocol: { Paths: { paths: [] } } });
    await registry.settled();
    expect(reportOf("one")?.findings[0]?.message).toBe(
      "The protocol plugin 'Paths' failed in 'compile': The protocol does not declare the source 'body'.",
    );
  });
});
