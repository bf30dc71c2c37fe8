import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { Protocol, ProtocolVersion } from "../../../src/contracts/protocol.ts";
import { difference } from "../../../src/registry/difference/difference.ts";
import type { CompiledVersion, VersionPart } from "../../../src/registry/versions/compiled-version.ts";
import type { LoadedProtocol } from "../../../src/runtime/boundary/load-protocol.ts";
import { loadProtocols, loadTools } from "../load.ts";
import { chat, get, list, players, scoped } from "./cases.ts";
import { differenceOf, type Fragments, plugins, versionOf } from "./kit.ts";
import { rest } from "./route-protocols.ts";

const summary = (changes: Awaited<ReturnType<typeof differenceOf>>) =>
  changes.map(({ kind, label, level, detail }) => [kind, label, level, detail]);

describe("S9.4, S10: the difference between two versions", () => {
  test("adds everything without a version before, and removes everything without one after", async () => {
    const version = await versionOf({ player: players([get(), list], scoped(["a"])) });
    expect(summary(difference(undefined, version, plugins))).toEqual([
      ["added", "GET /players", "safe", undefined],
      ["added", "GET /players/:id", "safe", undefined],
    ]);
    expect(summary(difference(version, undefined, plugins))).toEqual([
      ["removed", "GET /players", "breaking", undefined],
      ["removed", "GET /players/:id", "breaking", undefined],
    ]);
    expect(difference(undefined, undefined, plugins)).toEqual([]);
  });

  test("S1.4: ignores documentation", async () => {
    const written = (description: string): Fragments => ({ player: players([{ ...list, description }]) });
    expect(await differenceOf(written("All."), written("All players."))).toEqual([]);
    const others = { team: players([get()], scoped(["a"])) };
    expect(
      await differenceOf(
        { ...written("All."), ...others },
        { ...written("All players."), team: players([get()], scoped(["b"])) },
      ),
    ).toMatchObject([{ label: "GET /players/:id", service: "team" }]);
  });

  test("S5.8: adds a waiting endpoint when it no longer waits", async () => {
    const fragments = { player: players([get(), list], scoped(["a"])) };
    const waits = await versionOf(fragments, { waiting: { player: ["GET /players/:"] } });
    const whole = await versionOf(fragments);
    expect(summary(difference(waits, whole, plugins))).toEqual([
      ["added", "GET /players/:id", "safe", undefined],
    ]);
    expect(summary(difference(whole, waits, plugins))).toEqual([
      ["removed", "GET /players/:id", "breaking", undefined],
    ]);
  });

  test("has breaking changes first, then sorts by label", async () => {
    const changes = await differenceOf(
      { player: players([get(), { ...list, path: "/b" }, { ...list, path: "/a" }], scoped(["a"])) },
      {
        player: players(
          [get({ action: "player.find" }), { ...list, path: "/new" }, { ...list, path: "/fresh" }],
          scoped(["a"]),
        ),
      },
    );
    expect(changes.map(({ level, label }) => `${level} ${label}`)).toEqual([
      "breaking GET /players/a",
      "breaking GET /players/b",
      "dangerous GET /players/:id",
      "safe GET /players/fresh",
      "safe GET /players/new",
    ]);
  });

  test("reads only the changed one of 1,000 services", async () => {
    const services = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
    const own = (service: string) => players([{ path: `/${service}`, call: { action: `${service}.get` } }]);
    const fragments = Object.fromEntries(services.map((service) => [service, own(service)]));
    const looked: string[] = [];
    const before = watched(await versionOf(fragments), looked);
    const fresh = await versionOf({ s500: players([{ path: "/s500", call: { action: "s500.find" } }]) });
    const after: CompiledVersion = {
      version: fresh.version,
      chosen: new Map([...before.chosen, ...fresh.chosen]),
      parts: withPart(before.parts, "REST", "s500", fresh.parts.get("REST")?.get("s500")),
    };
    expect(difference(before, after, plugins)).toMatchObject([
      { label: "GET /players/s500", service: "s500" },
    ]);
    expect(new Set(looked)).toEqual(new Set(["s500"]));
  });
});

describe("S17, S10: protocols", () => {
  const own = (parts: Partial<Protocol> = {}, tools = loadTools()): readonly LoadedProtocol[] =>
    loadProtocols(
      [
        {
          contract: 2,
          name: "Own",
          schema: z.unknown(),
          compile: (input, { origin: { jsonPath } }) => ({
            claims: [{ key: "own", jsonPath, endpoint: { jsonPath, fingerprint: String(input) } }],
          }),
          ...parts,
        },
      ],
      tools,
    );
  const versionsOf = async (protocols: readonly LoadedProtocol[]) => {
    const of = (input: string) => versionOf({ player: { protocol: { Own: input } } }, { protocols });
    return [await of("one"), await of("two")] as const;
  };

  test("a protocol with `diff` compares its share of both versions itself", async () => {
    const asked: (readonly [ProtocolVersion, ProtocolVersion])[] = [];
    const protocols = own({
      diff: (...shares) => {
        asked.push(shares);
        return [{ kind: "changed", plugin: "Own", label: "type Player", level: "breaking" }];
      },
    });
    const [before, after] = await versionsOf(protocols);
    const shares = [before.version.protocols.get("Own"), after.version.protocols.get("Own")];
    expect(difference(before, after, { ...plugins, protocols })).toEqual([
      { kind: "changed", plugin: "Own", label: "type Player", level: "breaking" },
    ]);
    expect(asked).toEqual([shares]);
  });

  test("its `diff` is called where its parts differ, also with the same assembled result", async () => {
    const diff = vi.fn(() => []);
    const protocols = own({ diff });
    const [before, after] = await versionsOf(protocols);
    difference(before, withAssembledOf(before, after), { ...plugins, protocols });
    expect(diff).toHaveBeenCalledOnce();
  });

  test("its `diff` is not called where neither its parts nor the assembled result differ", async () => {
    const diff = vi.fn(() => []);
    const protocols = [...own({ diff }), ...plugins.protocols];
    const of = (...routes: Parameters<typeof players>[0]) =>
      versionOf({ own: { protocol: { Own: "one" } }, player: players(routes) }, { protocols });
    const [before, after] = [await of(list), await of(list, get())];
    const changes = difference(before, withAssembledOf(before, after), { ...plugins, protocols });
    expect(changes.map(({ label }) => label)).toEqual(["GET /players/:id"]);
    expect(diff).not.toHaveBeenCalled();
  });

  test("where its `diff` fails, the core compares the endpoints, and the failure is logged", async () => {
    const tools = loadTools();
    const fails = (): never => {
      throw new Error("no idea");
    };
    const protocols = own({ diff: fails }, tools);
    const [before, after] = await versionsOf(protocols);
    expect(summary(difference(before, after, { ...plugins, protocols }))).toEqual([
      ["changed", "own", "dangerous", "The definition changed."],
    ]);
    expect(tools.failures).toMatchObject([
      { code: "PLUGIN_FAILED", message: "The protocol plugin 'Own' failed in 'diff': no idea" },
    ]);
  });

  test("its new endpoints are marked as public, too", async () => {
    const [before, after] = [await versionOf({}), await versionOf({ player: players([get()]) })];
    const telling: typeof rest = {
      ...rest,
      diff: () => [
        { kind: "added", plugin: "REST", label: "GET /players/:id", level: "safe", detail: "New." },
      ],
    };
    expect(
      difference(before, after, { ...plugins, protocols: loadProtocols([telling as Protocol]) }),
    ).toMatchObject([{ detail: "New. No rule covers it: it is public." }]);
  });

  test("a fingerprint that is not JSON only shows that the definition changed", async () => {
    const protocols = own();
    const [before, after] = await versionsOf(protocols);
    expect(summary(difference(before, after, { ...plugins, protocols }))).toEqual([
      ["changed", "own", "dangerous", "The definition changed."],
    ]);
  });

  test("a fingerprint that is JSON shows which members changed", async () => {
    const protocols = own();
    const of = (input: string) => versionOf({ player: { protocol: { Own: input } } }, { protocols });
    const before = await of('{"a":1,"b":{"c":1,"d":1},"path":"/x","constructor":1}');
    const after = await of('{"a":1,"b":{"c":2,"e":1},"path":"/y"}');
    expect(difference(before, after, { ...plugins, protocols }).map(({ detail }) => detail)).toEqual([
      "`b.c` changed.",
      "`b.d` was removed.",
      "`b.e` was added.",
      "`constructor` was removed.",
      "`path` changed.",
    ]);
  });
});

describe("S4, S10: paths", () => {
  const moved = async (before: string, after: string) =>
    summary(
      await differenceOf(
        { player: players([get({}, { path: before })], scoped(["a"])) },
        { player: players([get({}, { path: after })], scoped(["a"])) },
      ),
    );

  test("a parameter that becomes optional serves more paths, one that becomes required fewer", async () => {
    expect(await moved("/:id", "/:id?")).toEqual([
      ["changed", "GET /players/:id?", "safe", "It now serves `/players`, too."],
    ]);
    expect(await moved("/:id?", "/:id")).toEqual([
      ["changed", "GET /players/:id", "breaking", "`/players` is no longer served."],
    ]);
  });

  test("a parameter that matches less is another path: the old one was removed", async () => {
    expect(await moved("/:id", "/:id([0-9]+)")).toEqual([
      ["removed", "GET /players/:id", "breaking", "It moved to `GET /players/:id([0-9]+)`."],
      ["added", "GET /players/:id([0-9]+)", "safe", "It moved from `GET /players/:id`."],
    ]);
  });

  test("a renamed parameter is the same for clients, also in the mapping", async () => {
    const call = (name: string) =>
      get({ params: { id: `@path.${name}.x`, all: ["@path"] } }, { path: `/:${name}` });
    expect(
      summary(
        await differenceOf(
          { player: players([call("id")], scoped(["a"])) },
          { player: players([call("number")], scoped(["a"])) },
        ),
      ),
    ).toEqual([
      ["changed", "GET /players/:number", "dangerous", "The path parameter `id` was renamed to `number`."],
    ]);
  });

  test("where several endpoints of a service do the same, none of them moved", async () => {
    const changes = await differenceOf(
      {
        player: players(
          [
            { ...list, path: "/a" },
            { ...list, path: "/b" },
          ],
          scoped(["a"]),
        ),
      },
      { player: players([{ ...list, path: "/c" }], scoped(["a"])) },
    );
    expect(changes.map(({ detail }) => detail)).toEqual([undefined, undefined, undefined]);
  });
});

describe("S3, S10: params", () => {
  const mapped = async (before: unknown, after: unknown) => {
    const of = (params: unknown): Fragments => ({
      player: players([JSON.parse(JSON.stringify(get({ params: params as never })))], scoped(["a"])),
    });
    return (await differenceOf(of(before), of(after))).map(({ level, detail }) => `${level}: ${detail}`);
  };

  test.each([
    [
      "all params from another source",
      "@query",
      "@body",
      ["breaking: The params changed from `@query` to `@body`: clients have to send it there."],
    ],
    [
      "all params from a source that contains the previous one",
      { n: "@body.n" },
      "@body",
      [
        "dangerous: Declared params are no longer filled in from the request.",
        "dangerous: The params changed from a value of `@body.n` to `@body`.",
      ],
    ],
    [
      "a nested param",
      { a: { b: "@query.x" } },
      { a: { b: "@query.y" } },
      [
        "breaking: The param `a` changed from a value of `@query.x` to a value of `@query.y`: " +
          "clients have to send it there.",
      ],
    ],
    [
      "from the request to the context",
      { who: "@query.who" },
      { who: "@context.auth.id" },
      ["dangerous: The param `who` changed from `@query.who` to `@context.auth.id`."],
    ],
    [
      "a text that looks like a source",
      { t: "@nobody.x" },
      { t: "plain" },
      ["dangerous: The param `t` has a different fixed value."],
    ],
    [
      "a param with the name of an inherited member",
      {},
      { hasOwnProperty: "x" },
      ["dangerous: The param `hasOwnProperty` was added (a fixed value)."],
    ],
    [
      "none and an empty one",
      undefined,
      {},
      ["safe: The definition is written differently, but does the same."],
    ],
  ])("%s", async (_, before, after, expected) => {
    expect(await mapped(before, after)).toEqual(expected);
  });

  test("S9.10: a fixed value is not shown, since it can be a secret", async () => {
    const texts = [
      ...(await mapped({ key: "s3cret" }, { key: ["s3cret2"] })),
      ...(await mapped({}, { key: "s3cret" })),
      ...(await mapped({ key: "s3cret" }, {})),
      ...(await mapped("s3cret", ["s3cret2"])),
    ];
    expect(texts).toHaveLength(4);
    expect(texts.join()).not.toContain("s3cret");
  });
});

describe("S6, S10: the events of a WebSocket route", () => {
  const route = async (before: object, after: object) =>
    (
      await differenceOf(
        { chat: chat(JSON.parse(JSON.stringify(before))) },
        { chat: chat(JSON.parse(JSON.stringify(after))) },
      )
    ).map(({ level, detail }) => `${level}: ${detail}`);
  const events = (...names: string[]) => ({ subscribe: { events: names } });

  test.each([
    [
      "a pattern that matches the previous name",
      events("chat.said"),
      events("chat.*"),
      ["dangerous: The events `chat.*` are now received, too."],
    ],
    [
      "a name that the previous pattern matched",
      events("chat.*"),
      events("chat.said"),
      ["dangerous: Some of the events `chat.*` are no longer received."],
    ],
    [
      "`**` in place of `*`",
      events("chat.*"),
      events("chat.**"),
      ["dangerous: The events `chat.**` are now received, too."],
    ],
    [
      "`*` in place of `**`",
      events("chat.**"),
      events("chat.*"),
      ["dangerous: Some of the events `chat.**` are no longer received."],
    ],
    [
      "a narrower `**` pattern",
      events("a.**"),
      events("a.b.**"),
      ["dangerous: Some of the events `a.**` are no longer received."],
    ],
    [
      "a wider `**` pattern",
      events("a.b.**"),
      events("a.**"),
      ["dangerous: The events `a.**` are now received, too."],
    ],
    [
      "another name",
      events("a"),
      events("b"),
      [
        "breaking: The events `a` are no longer received.",
        "dangerous: The events `b` are now received, too.",
      ],
    ],
    [
      "a function in place of names",
      events("a"),
      { subscribe: { events: "() => ['a']" } },
      ["dangerous: A function now computes the event names."],
    ],
    [
      "names in place of a function",
      { subscribe: { events: "() => ['a']" } },
      events("a"),
      ["dangerous: The event names are now fixed: `a`."],
    ],
    [
      "another function",
      { subscribe: { events: "() => ['a']" } },
      { subscribe: { events: "() => ['b']" } },
      ["dangerous: `subscribe.events` changed."],
    ],
    [
      "the same in another order",
      events("a", "b"),
      events("b", "a"),
      ["safe: The definition is written differently, but does the same."],
    ],
    [
      "a filter",
      events("a"),
      { subscribe: { events: ["a"], filter: "() => 1" } },
      ["dangerous: `subscribe.filter` was added."],
    ],
    [
      "an added publish connector",
      events("a"),
      { ...events("a"), publish: { event: "b" } },
      ["safe: `publish` was added: it now sends events."],
    ],
    [
      "another event",
      { publish: { event: "a" } },
      { publish: { event: "b" } },
      ["dangerous: It sends `b` instead of `a`."],
    ],
  ])("%s", async (_, before, after, expected) => {
    expect(await route(before, after)).toEqual(expected);
  });
});

/** A version whose protocols assembled the same objects as in another one. */
function withAssembledOf(other: CompiledVersion, version: CompiledVersion): CompiledVersion {
  const shares = [...version.version.protocols].map(([name, share]): [string, ProtocolVersion] => [
    name,
    { ...share, assembled: other.version.protocols.get(name)?.assembled },
  ]);
  return { ...version, version: { ...version.version, protocols: new Map(shares) } };
}

function watched(version: CompiledVersion, looked: string[]): CompiledVersion {
  const watch = (service: string, part: VersionPart): VersionPart => {
    const { endpoints, ...fragmentPart } = part.fragmentPart;
    return {
      ...part,
      fragmentPart: {
        ...fragmentPart,
        get endpoints() {
          looked.push(service);
          return endpoints;
        },
      },
    };
  };
  const parts = [...version.parts].map(([protocol, all]): [string, ReadonlyMap<string, VersionPart>] => [
    protocol,
    new Map([...all].map(([service, part]) => [service, watch(service, part)])),
  ]);
  return { ...version, parts: new Map(parts) };
}

function withPart(
  parts: CompiledVersion["parts"],
  protocol: string,
  service: string,
  part: VersionPart | undefined,
): CompiledVersion["parts"] {
  if (part === undefined) throw new Error("There is no such part.");
  return new Map([...parts, [protocol, new Map([...(parts.get(protocol) ?? []), [service, part]])]]);
}
