import { describe, expect, test } from "vitest";
import type { FragmentPolicy } from "../../../src/contracts/fragment.ts";
import type { Policy } from "../../../src/contracts/policy.ts";
import { difference } from "../../../src/registry/difference/difference.ts";
import { loadPolicies } from "../load.ts";
import { chat, get, list, players, scoped } from "./cases.ts";
import { differenceOf, filter, plugins, scope, versionOf } from "./kit.ts";

const opened = "No rule covers `player.get` any more: it is public.";
const closed = "Rules now cover `player.get`: it was public before.";
const wider = "The rules of `player.get` require less: more clients can use it.";
const narrower = "The rules of `player.get` require more: some clients can no longer use it.";
const unclear = "The rules of `player.get` changed: more clients might be able to use it.";

const filtered = (...texts: string[]): FragmentPolicy => ({
  call: texts.map((text) => ({ actions: ["player.get"], filter: text })),
});
const both = (scopes: string[], text: string): FragmentPolicy => ({
  call: [{ actions: ["player.get"], scope: scopes, filter: text }],
});

describe("S7, S10: access changes of an endpoint that did not change itself", () => {
  const open: FragmentPolicy = {};
  test.each<[string, FragmentPolicy, FragmentPolicy, [plugin: string, level: string, detail: string][]]>([
    ["its only rule was removed", scoped(["a"]), open, [["scope", "dangerous", opened]]],
    [
      "its rules of two policies were removed",
      both(["a"], "() => 1"),
      open,
      [["policy", "dangerous", opened]],
    ],
    ["its first rule was added", open, scoped(["a"]), [["scope", "breaking", closed]]],
    ["one of two rules was removed", scoped(["a"], ["b"]), scoped(["a"]), [["scope", "dangerous", wider]]],
    ["a second rule was added", scoped(["a"]), scoped(["a"], ["b"]), [["scope", "breaking", narrower]]],
    ["one more scope is sufficient", scoped(["a"]), scoped(["a", "b"]), [["scope", "dangerous", wider]]],
    [
      "one scope is no longer sufficient",
      scoped(["a", "b"]),
      scoped(["b"]),
      [["scope", "breaking", narrower]],
    ],
    ["a different scope is required", scoped(["a"]), scoped(["b"]), [["scope", "dangerous", unclear]]],
    [
      "a different filter decides",
      filtered("() => 1"),
      filtered("() => 2"),
      [["filter", "dangerous", unclear]],
    ],
    [
      "one policy requires less, another one more",
      both(["a"], "() => 1"),
      { call: [...(scoped(["a", "b"]).call ?? []), ...(filtered("() => 1", "() => 2").call ?? [])] },
      [
        ["filter", "breaking", narrower],
        ["scope", "dangerous", wider],
      ],
    ],
    [
      "one of two policies was removed from a rule",
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
    ["with a rule that follows from it", scoped(["a"]), scoped(["a"], ["a", "b"])],
    ["with a different pattern", scoped(["a"]), { call: [{ actions: ["player.get"], scope: ["a"] }] }],
    [
      "with a different description",
      scoped(["a"]),
      { call: [{ description: "Players.", actions: ["**"], scope: ["a"] }] },
    ],
    [
      "beside a rule for other actions",
      scoped(["a"]),
      { call: [...(scoped(["a"]).call ?? []), { actions: ["team.**"], scope: ["t"] }] },
    ],
  ])("the same rule %s: no changes", async (_, before, after) => {
    const changes = await differenceOf(
      { player: players([get()], before) },
      { player: players([get()], after) },
    );
    expect(changes).toEqual([]);
  });

  test("a policy without `compare`, or whose `compare` throws, is unclear: dangerous", async () => {
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
      expect(
        difference(before, after, {
          ...plugins,
          policies: loadPolicies([policy, filter] as readonly Policy[]),
        }),
      ).toMatchObject([{ plugin: "scope", level: "dangerous", detail: unclear }]);
  });
});

describe("S7, S10: access changes of an endpoint that changed", () => {
  test("a different action: its rules are compared with those of the previous action", async () => {
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

  test("a call with rules was replaced by a function", async () => {
    const changes = await differenceOf(
      { player: players([get()], scoped(["a"])) },
      { player: players([{ path: "/:id", map: "() => 1" }], scoped(["a"])) },
    );
    expect(changes).toMatchObject([
      { plugin: "REST", detail: "The connector changed from `call` to `map`." },
      {
        plugin: "scope",
        level: "dangerous",
        detail: "No rule covers it any more: it is public.",
      },
    ]);
  });

  test("it moved to a service without rules", async () => {
    const changes = await differenceOf(
      { player: players([get()], scoped(["a"])) },
      { player: players([], scoped(["a"])), team: players([get()]) },
    );
    expect(changes).toMatchObject([
      { plugin: "REST", level: "dangerous", service: "team" },
      { plugin: "scope", level: "dangerous", detail: opened, service: "team" },
    ]);
  });

  test("it moved to another path, and the rules were removed", async () => {
    const changes = await differenceOf(
      { player: players([get()], scoped(["a"])) },
      { player: players([get({}, { path: "/:id/profile" })]) },
    );
    expect(changes.filter(({ plugin }) => plugin === "scope")).toMatchObject([
      { label: "GET /players/:id/profile", level: "dangerous", detail: opened },
    ]);
  });

  test("a new endpoint without rules is public, one that uses no action or event is not", async () => {
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

  test("each event separately", async () => {
    const both = subscribe("chat.said", "chat.left");
    expect(await detailsOf([both, said(["a"])], [both, said(["a", "b"])])).toEqual([
      ["dangerous", "The rules of `chat.said` (received) require less: more clients can use it."],
    ]);
  });

  test("sent and received events separately, also with one name", async () => {
    const route = { ...subscribe("chat.said"), publish: { event: "chat.said" } };
    const rules = said(["a"]);
    const changes = await detailsOf([route, { ...rules, publish: rules.subscribe }], [route]);
    expect(changes).toEqual([
      ["dangerous", "No rule covers `chat.said` (received) any more: it is public."],
      ["dangerous", "No rule covers `chat.said` (sent) any more: it is public."],
    ]);
  });

  test("a new route names the events that no rule covers", async () => {
    const route = chat({ ...subscribe("chat.said", "news"), publish: { event: "chat.said" } }, said(["a"]));
    expect(await differenceOf({}, { chat: route })).toMatchObject([
      {
        kind: "added",
        level: "safe",
        detail: "No rule covers `news` (received), `chat.said` (sent): that is public.",
      },
    ]);
  });

  test("an event without rules was added to events with rules", async () => {
    expect(
      await detailsOf([subscribe("chat.said"), said(["a"])], [subscribe("chat.said", "news"), said(["a"])]),
    ).toEqual([["dangerous", "It now uses `news` (received), which no rule covers: that is public."]]);
  });

  test("a name in place of a pattern that matched it", async () => {
    const after = subscribe("chat.said", "chat.left");
    expect(await detailsOf([subscribe("chat.*"), said(["a"])], [after, said(["a", "b"])])).toEqual([
      ["dangerous", "No rule covers `chat.left` (received) any more: it is public."],
      ["dangerous", "The rules of `chat.said` (received) require less: more clients can use it."],
    ]);
  });

  test("where a function computes the names, all rules and their patterns are compared", async () => {
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
    ).toEqual([["dangerous", `The rules of ${name} require less: more clients can use it.`]]);
    expect(
      await detailsOf([publish, rules(["chat.*"], ["a"])], [publish, rules(["chat.said"], ["a"])]),
    ).toEqual([["dangerous", `The rules of ${name} changed: more clients might be able to use it.`]]);
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
  ])("apply to an unchanged fragment (set by the caller: %s, by the owner: %s)", async (isAsked, owns) => {
    const changes = await differenceOf(
      { player: player(["a"], owns), team: team(isAsked) },
      { player: player(["a", "b"], owns), team: team(isAsked) },
    );
    expect(changes.map(({ label, plugin, level, service }) => [label, plugin, level, service])).toEqual([
      ["GET /players", "scope", "dangerous", "team"],
      ["GET /players/:id", "scope", "dangerous", "team"],
    ]);
  });

  test("do not apply where neither of the two sets it", async () => {
    expect(
      await differenceOf(
        { player: player(["a"], false), team: team(false) },
        { player: player(["b"], false), team: team(false) },
      ),
    ).toEqual([]);
  });

  test("belong to the service with the longest name that the action's name begins with", async () => {
    const mail = players([{ path: "/mail", call: { action: "player.mail.send" } }]);
    const owner = players([], { owner: true, call: [{ actions: ["player.mail.*"], scope: ["a"] }] });
    expect(await differenceOf({ player: mail }, { player: mail, "player.mail": owner })).toMatchObject([
      { label: "GET /players/mail", plugin: "scope", level: "breaking", service: "player" },
    ]);
    const team = { team: mail, "player.mail": players([]) };
    expect(await differenceOf(team, { ...team, player: owner })).toEqual([]);
  });

  test("S5.8: do not change waiting endpoints", async () => {
    const waiting = { team: ["GET /players/:"] };
    const before = await versionOf({ player: player(["a"], true), team: team(false) }, { waiting });
    const after = await versionOf({ player: player(["b"], true), team: team(false) }, { waiting });
    expect(difference(before, after, plugins).map(({ label }) => label)).toEqual(["GET /players"]);
  });

  test("appear and disappear with the owner's fragment, and with `policy.owner`", async () => {
    const levels = async (...[before, after]: Parameters<typeof differenceOf>) =>
      (await differenceOf(before, after)).map(({ level, detail }) => `${level}: ${detail}`);
    const guarded = { player: player(["a"], true), team: team(false) };
    const came = ["breaking: Rules now cover `player.list`: it was public before.", `breaking: ${closed}`];
    const went = ["dangerous: No rule covers `player.list` any more: it is public.", `dangerous: ${opened}`];
    expect(await levels({ team: team(false) }, guarded)).toEqual(came);
    expect(await levels(guarded, { team: team(false) })).toEqual(went);
    expect(await levels({ player: player(["a"], false), team: team(false) }, guarded)).toEqual(came);
    expect(await levels(guarded, { player: player(undefined, true), team: team(false) })).toEqual(went);
  });
});
