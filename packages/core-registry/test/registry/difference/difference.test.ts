import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Assembled, Endpoint, Part, Protocol } from "../../../src/contracts/protocol.ts";
import { difference } from "../../../src/registry/difference/difference.ts";
import type { CompiledVersion } from "../../../src/registry/versions/compiled-version.ts";
import { chat, get, list, players, scoped } from "./cases.ts";
import { differenceOf, type Fragments, plugins, versionOf } from "./kit.ts";

const told = (changes: Awaited<ReturnType<typeof differenceOf>>) =>
  changes.map(({ kind, label, level, detail }) => [kind, label, level, detail]);

describe("S9.4, S10: what differs between two versions", () => {
  test("without a version before everything is new, without one after everything is gone", async () => {
    const version = await versionOf({ player: players([get(), list], scoped(["a"])) });
    expect(told(difference(undefined, version, plugins))).toEqual([
      ["added", "GET /players", "safe", undefined],
      ["added", "GET /players/:id", "safe", undefined],
    ]);
    expect(told(difference(version, undefined, plugins))).toEqual([
      ["removed", "GET /players", "breaking", undefined],
      ["removed", "GET /players/:id", "breaking", undefined],
    ]);
    expect(difference(undefined, undefined, plugins)).toEqual([]);
  });

  test("S1.4: where only what documents differs, nothing does", async () => {
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

  test("S5.8: what waits is not there, and comes when it waits no more", async () => {
    const fragments = { player: players([get(), list], scoped(["a"])) };
    const waits = await versionOf(fragments, { waiting: { player: ["GET /players/:"] } });
    const whole = await versionOf(fragments);
    expect(told(difference(waits, whole, plugins))).toEqual([
      ["added", "GET /players/:id", "safe", undefined],
    ]);
    expect(told(difference(whole, waits, plugins))).toEqual([
      ["removed", "GET /players/:id", "breaking", undefined],
    ]);
  });

  test("the heaviest stands first, and then it goes by label", async () => {
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

  test("of 1,000 services only the one that changed is looked into", async () => {
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

describe("S17, S10: what the protocols themselves say", () => {
  const endpoint: Endpoint = {
    protocol: "Own",
    key: "own",
    label: "own",
    connectors: [],
    origin: { service: "player", hash: "", jsonPath: "" },
    fingerprint: "anything",
  };
  const own = (fingerprint: string, diff?: Protocol["diff"]): Protocol => ({
    contract: 1,
    key: "Own",
    schema: z.unknown(),
    compile: (input, { origin }) => ({
      claims: [],
      endpoints: [{ ...endpoint, origin, fingerprint: input === null ? fingerprint : String(input) }],
    }),
    ...(diff === undefined ? {} : { diff }),
  });
  const versionsOf = async (protocol: Protocol) => {
    const of = (input: string) =>
      versionOf({ player: { protocol: { Own: input } } }, { protocols: [protocol] });
    return [await of("one"), await of("two")] as const;
  };

  test("a protocol with a `diff` of its own is asked, with both wholes, and believed", async () => {
    const asked: (readonly [Assembled, Assembled])[] = [];
    const protocol = own("", (...wholes) => {
      asked.push(wholes);
      return [{ kind: "changed", plugin: "Own", label: "type Player", level: "breaking" }];
    });
    const [before, after] = await versionsOf(protocol);
    const wholes = [before.version.assembled.get("Own"), after.version.assembled.get("Own")];
    expect(difference(before, after, { ...plugins, protocols: [protocol] })).toEqual([
      { kind: "changed", plugin: "Own", label: "type Player", level: "breaking" },
    ]);
    expect(asked).toEqual([wholes]);
  });

  test("it is not asked where its whole is the same", async () => {
    const protocol = own("", () => {
      throw new Error("asked");
    });
    const [before, after] = await versionsOf(protocol);
    const { assembled } = before.version;
    const same = { ...after, version: { ...after.version, assembled } };
    expect(difference(before, same, { ...plugins, protocols: [protocol] })).toEqual([]);
  });

  test("its new endpoints are told as public too", async () => {
    const [before, after] = [await versionOf({}), await versionOf({ player: players([get()]) })];
    const [rest] = plugins.protocols;
    if (rest === undefined) throw new Error("There is no protocol.");
    const telling: Protocol = {
      ...rest,
      diff: () => [
        { kind: "added", plugin: "REST", label: "GET /players/:id", level: "safe", detail: "New." },
      ],
    };
    expect(difference(before, after, { ...plugins, protocols: [telling] })).toMatchObject([
      { detail: "New. No rule covers it: it is public." },
    ]);
  });

  test("of an fingerprint that is no JSON it is known only that it differs", async () => {
    const protocol = own("");
    const [before, after] = await versionsOf(protocol);
    expect(told(difference(before, after, { ...plugins, protocols: [protocol] }))).toEqual([
      ["changed", "own", "dangerous", "Its definition differs."],
    ]);
  });

  test("of an fingerprint that is JSON the members are named", async () => {
    const protocol = own("");
    const of = (input: string) =>
      versionOf({ player: { protocol: { Own: input } } }, { protocols: [protocol] });
    const before = await of('{"a":1,"b":{"c":1,"d":1},"path":"/x","constructor":1}');
    const after = await of('{"a":1,"b":{"c":2,"e":1},"path":"/y"}');
    expect(
      difference(before, after, { ...plugins, protocols: [protocol] }).map(({ detail }) => detail),
    ).toEqual([
      "`b.c` differs.",
      "`b.d` is gone.",
      "`b.e` is new.",
      "`constructor` is gone.",
      "`path` differs.",
    ]);
  });
});

describe("S4, S10: paths", () => {
  const moved = async (before: string, after: string) =>
    told(
      await differenceOf(
        { player: players([get({}, { path: before })], scoped(["a"])) },
        { player: players([get({}, { path: after })], scoped(["a"])) },
      ),
    );

  test("a parameter that is optional now serves more; one that is not any more serves less", async () => {
    expect(await moved("/:id", "/:id?")).toEqual([
      ["changed", "GET /players/:id?", "safe", "It serves `/players` too now."],
    ]);
    expect(await moved("/:id?", "/:id")).toEqual([
      ["changed", "GET /players/:id", "breaking", "`/players` is not served any more."],
    ]);
  });

  test("a parameter that takes less is another path: the old one is gone", async () => {
    expect(await moved("/:id", "/:id([0-9]+)")).toEqual([
      ["removed", "GET /players/:id", "breaking", "It is `GET /players/:id([0-9]+)` now."],
      ["added", "GET /players/:id([0-9]+)", "safe", "It was `GET /players/:id` before."],
    ]);
  });

  test("a parameter of another name is the same for clients, also in the mapping", async () => {
    const call = (name: string) =>
      get({ params: { id: `@path.${name}.x`, all: ["@path"] } }, { path: `/:${name}` });
    expect(
      told(
        await differenceOf(
          { player: players([call("id")], scoped(["a"])) },
          { player: players([call("number")], scoped(["a"])) },
        ),
      ),
    ).toEqual([
      ["changed", "GET /players/:number", "dangerous", "The path's parameter `id` is called `number` now."],
    ]);
  });

  test("where several endpoints of a service do the same, none of them is said to have moved", async () => {
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
      "the whole from another source",
      "@query",
      "@body",
      ["breaking: Its params were `@query`, and are `@body` now: clients have to send it there."],
    ],
    [
      "the whole that holds what was read",
      { n: "@body.n" },
      "@body",
      [
        "dangerous: Its params were made of `@body.n`, and are `@body` now.",
        "dangerous: What the action declares is not filled in from the request any more.",
      ],
    ],
    [
      "deeper inside",
      { a: { b: "@query.x" } },
      { a: { b: "@query.y" } },
      [
        "breaking: The param `a` was made of `@query.x`, and is made of `@query.y` now: clients have to send it there.",
      ],
    ],
    [
      "from what the client sent to what is known of it",
      { who: "@query.who" },
      { who: "@context.auth.id" },
      ["dangerous: The param `who` was `@query.who`, and is `@context.auth.id` now."],
    ],
    [
      "a text that looks like a source",
      { t: "@nobody.x" },
      { t: "plain" },
      ["dangerous: The param `t` has another fixed value now."],
    ],
    [
      "a param called constructor",
      {},
      { constructor: "x" },
      ["dangerous: The param `constructor` is new (a fixed value)."],
    ],
    ["none and an empty one", undefined, {}, ["safe: It is written in another way, and does the same."]],
  ])("%s", async (_, before, after, expected) => {
    expect(await mapped(before, after)).toEqual(expected);
  });

  test("S9.10: a fixed value is not shown, it may be a secret", async () => {
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

describe("S6, S10: what a WebSocket route receives and sends", () => {
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
      "a pattern that holds the name",
      events("chat.said"),
      events("chat.*"),
      ["dangerous: The events `chat.*` are received too now."],
    ],
    [
      "a name that the pattern held",
      events("chat.*"),
      events("chat.said"),
      ["dangerous: Not all events `chat.*` are received any more."],
    ],
    [
      "`**` in place of `*`",
      events("chat.*"),
      events("chat.**"),
      ["dangerous: The events `chat.**` are received too now."],
    ],
    [
      "`*` in place of `**`",
      events("chat.**"),
      events("chat.*"),
      ["dangerous: Not all events `chat.**` are received any more."],
    ],
    [
      "everything below in place of more",
      events("a.**"),
      events("a.b.**"),
      ["dangerous: Not all events `a.**` are received any more."],
    ],
    [
      "more in place of everything below",
      events("a.b.**"),
      events("a.**"),
      ["dangerous: The events `a.**` are received too now."],
    ],
    [
      "another name",
      events("a"),
      events("b"),
      [
        "breaking: The events `a` are not received any more.",
        "dangerous: The events `b` are received too now.",
      ],
    ],
    [
      "a function that names them",
      events("a"),
      { subscribe: { events: "() => ['a']" } },
      ["dangerous: A function names its events now."],
    ],
    [
      "no function that names them",
      { subscribe: { events: "() => ['a']" } },
      events("a"),
      ["dangerous: Its events are `a` now, and no function names them."],
    ],
    [
      "another function",
      { subscribe: { events: "() => ['a']" } },
      { subscribe: { events: "() => ['b']" } },
      ["dangerous: `subscribe.events` differs."],
    ],
    [
      "the same in another order",
      events("a", "b"),
      events("b", "a"),
      ["safe: It is written in another way, and does the same."],
    ],
    [
      "a filter",
      events("a"),
      { subscribe: { events: ["a"], filter: "() => 1" } },
      ["dangerous: `subscribe.filter` is new."],
    ],
    [
      "publishing too",
      events("a"),
      { ...events("a"), publish: { event: "b" } },
      ["safe: `publish` is new: it sends events now."],
    ],
    [
      "another event",
      { publish: { event: "a" } },
      { publish: { event: "b" } },
      ["dangerous: It sends `b` now, no longer `a`."],
    ],
  ])("%s", async (_, before, after, expected) => {
    expect(await route(before, after)).toEqual(expected);
  });
});

function watched(version: CompiledVersion, looked: string[]): CompiledVersion {
  const watch = (service: string, part: Part): Part => {
    const { claims, endpoints } = part.compiled;
    return {
      ...part,
      compiled: {
        claims,
        get endpoints() {
          looked.push(service);
          return endpoints;
        },
      },
    };
  };
  const parts = [...version.parts].map(([protocol, all]): [string, ReadonlyMap<string, Part>] => [
    protocol,
    new Map([...all].map(([service, part]) => [service, watch(service, part)])),
  ]);
  return { ...version, parts: new Map(parts) };
}

function withPart(
  parts: CompiledVersion["parts"],
  protocol: string,
  service: string,
  part: Part | undefined,
): CompiledVersion["parts"] {
  if (part === undefined) throw new Error("There is no such part.");
  return new Map([...parts, [protocol, new Map([...(parts.get(protocol) ?? []), [service, part]])]]);
}
