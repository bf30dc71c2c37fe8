import { describe, expect, test } from "vitest";
import type { FragmentPolicy } from "../../../src/contracts/fragment.ts";
import { difference } from "../../../src/registry/difference/difference.ts";
import { chat, get, list, players, scoped } from "./cases.ts";
import { differenceOf, filter, plugins, scope, versionOf } from "./kit.ts";

const opened = "No rule covers `player.get` any more: it is public.";
const closed = "Rules cover `player.get` now; before, it was public.";
const wider = "The rules of `player.get` ask for less: somebody more may use it.";
const narrower = "The rules of `player.get` ask for more: somebody may not use it any more.";
const unclear = "The rules of `player.get` changed: perhaps somebody more may use it.";

const filtered = (...texts: string[]): FragmentPolicy => ({
  call: texts.map((text) => ({ actions: ["player.get"], filter: text })),
});
const both = (scopes: string[], text: string): FragmentPolicy => ({
  call: [{ actions: ["player.get"], scope: scopes, filter: text }],
});

describe("S7, S10: what became of the access to an endpoint that did not change itself", () => {
  const open: FragmentPolicy = {};
  test.each<[string, FragmentPolicy, FragmentPolicy, [plugin: string, level: string, detail: string][]]>([
    ["its only rule went", scoped(["a"]), open, [["scope", "dangerous", opened]]],
    ["its rules of two policies went", both(["a"], "() => 1"), open, [["policy", "dangerous", opened]]],
    ["a rule came where none was", open, scoped(["a"]), [["scope", "breaking", closed]]],
    ["one rule of two went", scoped(["a"], ["b"]), scoped(["a"]), [["scope", "dangerous", wider]]],
    ["a rule came beside one", scoped(["a"]), scoped(["a"], ["b"]), [["scope", "breaking", narrower]]],
    ["one more scope is enough", scoped(["a"]), scoped(["a", "b"]), [["scope", "dangerous", wider]]],
    ["one scope less is enough", scoped(["a", "b"]), scoped(["b"]), [["scope", "breaking", narrower]]],
    ["another scope is asked for", scoped(["a"]), scoped(["b"]), [["scope", "dangerous", unclear]]],
    [
      "another function is asked",
      filtered("() => 1"),
      filtered("() => 2"),
      [["filter", "dangerous", unclear]],
    ],
    [
      "one policy asks for less, another for more",
      both(["a"], "() => 1"),
      { call: [...(scoped(["a", "b"]).call ?? []), ...(filtered("() => 1", "() => 2").call ?? [])] },
      [
        ["filter", "breaking", narrower],
        ["scope", "dangerous", wider],
      ],
    ],
    [
      "one policy asks no more, another still does",
      both(["a"], "() => 1"),
      scoped(["a"]),
      [["filter", "dangerous", wider]],
    ],
  ])("%s", async (_, before, after, expected) => {
    const changes = await differenceOf(
      { player: players([get()], before) },
      { player: players([get()], after) },
    );
    expect(changes.map(({ plugin, level, detail }) => [plugin, level, detail])).toEqual(expected);
    for (const change of changes)
      expect(change).toMatchObject({ kind: "changed", label: "GET /players/:id", service: "player" });
  });

  test.each<[string, FragmentPolicy, FragmentPolicy]>([
    ["in another order", scoped(["a"], ["b"]), scoped(["b"], ["a"])],
    ["twice", scoped(["a"]), scoped(["a"], ["a"])],
    ["with another that follows from it", scoped(["a"]), scoped(["a"], ["a", "b"])],
    ["under other patterns", scoped(["a"]), { call: [{ actions: ["player.get"], scope: ["a"] }] }],
    [
      "with another description",
      scoped(["a"]),
      { call: [{ description: "Players.", actions: ["**"], scope: ["a"] }] },
    ],
    [
      "beside one that covers nothing here",
      scoped(["a"]),
      { call: [...(scoped(["a"]).call ?? []), { actions: ["team.**"], scope: ["t"] }] },
    ],
  ])("the same rule %s: nothing differs", async (_, before, after) => {
    const changes = await differenceOf(
      { player: players([get()], before) },
      { player: players([get()], after) },
    );
    expect(changes).toEqual([]);
  });

  test("a policy that cannot compare, or fails at it, is unclear: dangerous", async () => {
    const before = await versionOf({ player: players([get()], scoped(["a"])) });
    const after = await versionOf({ player: players([get()], scoped(["a", "b"])) });
    const fails = {
      ...scope,
      compare: () => {
        throw new Error("oops");
      },
    };
    const { compare: _, ...silent } = scope;
    for (const policy of [fails, silent])
      expect(difference(before, after, { ...plugins, policies: [policy, filter] })).toMatchObject([
        { plugin: "scope", level: "dangerous", detail: unclear },
      ]);
  });
});

describe("S7, S10: what became of the access to an endpoint that changed", () => {
  test("another action: its rules stand for those of the one before", async () => {
    const rules: FragmentPolicy = { call: [{ actions: ["player.get"], scope: ["a"] }] };
    const changes = await differenceOf(
      { player: players([get()], rules) },
      { player: players([get({ action: "player.find" })], rules) },
    );
    expect(changes).toMatchObject([
      { plugin: "REST", level: "dangerous" },
      { plugin: "scope", level: "dangerous", detail: "No rule covers `player.find` any more: it is public." },
    ]);
  });

  test("a guarded call became a function, that nobody can guard", async () => {
    const changes = await differenceOf(
      { player: players([get()], scoped(["a"])) },
      { player: players([{ path: "/:id", map: "() => 1" }], scoped(["a"])) },
    );
    expect(changes).toMatchObject([
      { plugin: "REST", detail: "It was mapped to `call`, and is to `map` now." },
      {
        plugin: "scope",
        level: "dangerous",
        detail: "It reaches nothing that a rule covers any more: it is public.",
      },
    ]);
  });

  test("it went to a service that does not guard it", async () => {
    const changes = await differenceOf(
      { player: players([get()], scoped(["a"])) },
      { player: players([], scoped(["a"])), team: players([get()]) },
    );
    expect(changes).toMatchObject([
      { plugin: "REST", level: "dangerous", service: "team" },
      { plugin: "scope", level: "dangerous", detail: opened, service: "team" },
    ]);
  });

  test("it moved to another path, and nobody guards it there", async () => {
    const changes = await differenceOf(
      { player: players([get()], scoped(["a"])) },
      { player: players([get({}, { path: "/:id/profile" })]) },
    );
    expect(changes.filter(({ plugin }) => plugin === "scope")).toMatchObject([
      { label: "GET /players/:id/profile", level: "dangerous", detail: opened },
    ]);
  });

  test("a new one that nobody guards is told as public, one that reaches nothing is not", async () => {
    const before = { player: players([]) };
    const added = async (policy: FragmentPolicy) =>
      (
        await differenceOf(before, { player: players([get(), { path: "/about", map: "() => 1" }], policy) })
      ).map(({ label, level, detail }) => [label, level, detail]);
    expect(await added({})).toEqual([
      ["GET /players/:id", "safe", "No rule covers it: it is public."],
      ["GET /players/about", "safe", undefined],
    ]);
    expect(await added(scoped(["a"]))).toEqual([
      ["GET /players/:id", "safe", undefined],
      ["GET /players/about", "safe", undefined],
    ]);
  });
});

describe("S7.2, S10: rules on events", () => {
  const subscribe = (...events: string[]) => ({ subscribe: { events } });
  const said = (scopes: string[]): FragmentPolicy => ({
    subscribe: [{ events: ["chat.said"], scope: scopes }],
  });
  const detailsOf = async (before: Parameters<typeof chat>, after: Parameters<typeof chat>) =>
    (await differenceOf({ chat: chat(...before) }, { chat: chat(...after) }))
      .filter(({ plugin }) => plugin !== "WebSocket")
      .map(({ level, detail }) => [level, detail]);

  test("each event by itself", async () => {
    const both = subscribe("chat.said", "chat.left");
    expect(await detailsOf([both, said(["a"])], [both, said(["a", "b"])])).toEqual([
      ["dangerous", "The rules of `chat.said` (received) ask for less: somebody more may use it."],
    ]);
  });

  test("what is sent and what is received, also of one name", async () => {
    const route = { ...subscribe("chat.said"), publish: { event: "chat.said" } };
    const rules = said(["a"]);
    const changes = await detailsOf([route, { ...rules, publish: rules.subscribe }], [route]);
    expect(changes).toEqual([
      ["dangerous", "No rule covers `chat.said` (received) any more: it is public."],
      ["dangerous", "No rule covers `chat.said` (sent) any more: it is public."],
    ]);
  });

  test("a new route of which one half is guarded says which half is not", async () => {
    const route = chat({ ...subscribe("chat.said", "news"), publish: { event: "chat.said" } }, said(["a"]));
    expect(await differenceOf({}, { chat: route })).toMatchObject([
      {
        kind: "added",
        level: "safe",
        detail: "No rule covers `news` (received), `chat.said` (sent): that is public.",
      },
    ]);
  });

  test("an event that nobody guards came to guarded ones", async () => {
    expect(
      await detailsOf([subscribe("chat.said"), said(["a"])], [subscribe("chat.said", "news"), said(["a"])]),
    ).toEqual([["dangerous", "It reaches `news` (received) now, which no rule covers: that is public."]]);
  });

  test("a name in place of a pattern that held it", async () => {
    const after = subscribe("chat.said", "chat.left");
    expect(await detailsOf([subscribe("chat.*"), said(["a"])], [after, said(["a", "b"])])).toEqual([
      ["dangerous", "No rule covers `chat.left` (received) any more: it is public."],
      ["dangerous", "The rules of `chat.said` (received) ask for less: somebody more may use it."],
    ]);
  });

  test("where a function names them, all rules count, and their patterns too", async () => {
    const publish = { publish: { event: "() => 'chat.said'" } };
    const rules = (events: string[], scopes: string[]): FragmentPolicy => ({
      publish: [{ events, scope: scopes }],
    });
    const name = "the events that a function names (sent)";
    expect(await detailsOf([publish, rules(["chat.*"], ["a"])], [publish])).toEqual([
      ["dangerous", `No rule covers ${name} any more: it is public.`],
    ]);
    expect(
      await detailsOf([publish, rules(["chat.*"], ["a"])], [publish, rules(["chat.*"], ["a", "b"])]),
    ).toEqual([["dangerous", `The rules of ${name} ask for less: somebody more may use it.`]]);
    expect(
      await detailsOf([publish, rules(["chat.*"], ["a"])], [publish, rules(["chat.said"], ["a"])]),
    ).toEqual([["dangerous", `The rules of ${name} changed: perhaps somebody more may use it.`]]);
  });
});

describe("S7.2, S10: the rules of the service that owns an action (`policy.owner`)", () => {
  const team = (owner: boolean) => players([list, get()], { owner });
  const player = (scopes: string[] | undefined, owner: boolean) =>
    players([], { ...(scopes === undefined ? {} : scoped(scopes)), owner });

  test.each([
    [true, false],
    [false, true],
    [true, true],
  ])("count for a fragment that did not change (it says so: %s, the owner: %s)", async (asks, owns) => {
    const changes = await differenceOf(
      { player: player(["a"], owns), team: team(asks) },
      { player: player(["a", "b"], owns), team: team(asks) },
    );
    expect(changes.map(({ label, plugin, level, service }) => [label, plugin, level, service])).toEqual([
      ["GET /players", "scope", "dangerous", "team"],
      ["GET /players/:id", "scope", "dangerous", "team"],
    ]);
  });

  test("count for nobody where neither of the two says so", async () => {
    expect(
      await differenceOf(
        { player: player(["a"], false), team: team(false) },
        { player: player(["b"], false), team: team(false) },
      ),
    ).toEqual([]);
  });

  test("of the services whose names an action's name begins with, the longest owns it", async () => {
    const mail = players([{ path: "/mail", call: { action: "player.mail.send" } }]);
    const owner = players([], { owner: true, call: [{ actions: ["player.mail.*"], scope: ["a"] }] });
    expect(await differenceOf({ player: mail }, { player: mail, "player.mail": owner })).toMatchObject([
      { label: "GET /players/mail", plugin: "scope", level: "breaking", service: "player" },
    ]);
    const team = { team: mail, "player.mail": players([]) };
    expect(await differenceOf(team, { ...team, player: owner })).toEqual([]);
  });

  test("S5.8: of endpoints that wait nothing is told", async () => {
    const waiting = { team: ["GET /players/:"] };
    const before = await versionOf({ player: player(["a"], true), team: team(false) }, { waiting });
    const after = await versionOf({ player: player(["b"], true), team: team(false) }, { waiting });
    expect(difference(before, after, plugins).map(({ label }) => label)).toEqual(["GET /players"]);
  });

  test("come and go with the owner's fragment, and with what the two say", async () => {
    const levels = async (...[before, after]: Parameters<typeof differenceOf>) =>
      (await differenceOf(before, after)).map(({ level, detail }) => `${level}: ${detail}`);
    const guarded = { player: player(["a"], true), team: team(false) };
    const came = ["breaking: Rules cover `player.list` now; before, it was public.", `breaking: ${closed}`];
    const went = ["dangerous: No rule covers `player.list` any more: it is public.", `dangerous: ${opened}`];
    expect(await levels({ team: team(false) }, guarded)).toEqual(came);
    expect(await levels(guarded, { team: team(false) })).toEqual(went);
    expect(await levels({ player: player(["a"], false), team: team(false) }, guarded)).toEqual(came);
    expect(await levels(guarded, { player: player(undefined, true), team: team(false) })).toEqual(went);
  });
});
