import { directoryOf, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { ConnectorDescription } from "../../../src/contracts/connector.ts";
import type { ActionEntry, DirectorySnapshot } from "../../../src/contracts/directory.ts";
import { checkAgainstDirectory } from "../../../src/registry/merge/checks.ts";
import { fragmentOf } from "../fragments.ts";

const origin = { service: "player", hash: "0".repeat(32), jsonPath: "protocol.T.x.call" };
const declared = { params: { type: "object", properties: { id: { type: "string" } } } };

function judged(connector: Partial<ConnectorDescription>, directory: DirectorySnapshot) {
  const fragment = fragmentOf({ service: "player", claims: ["GET /x"] });
  const endpoints = fragment.endpoints.map((endpoint) => ({
    ...endpoint,
    connectors: [{ kind: "call" as const, origin, ...connector }],
  }));
  return checkAgainstDirectory({ ...fragment, endpoints }, directory);
}

const directory = (actions: Readonly<Record<string, Partial<ActionEntry>>>) =>
  directoryOf(memoryBroker().broker, actions, ["player"]);

describe("S2.4: actions that are mapped", () => {
  test("an unknown action is a warning with the nearest name", () => {
    const call = { action: "player.gett", namePath: "protocol.T.x.call.action" };
    expect(judged(call, directory({ "player.get": declared }))).toMatchObject([
      {
        severity: "warning",
        code: "ACTION_UNKNOWN",
        jsonPath: "protocol.T.x.call.action",
        hint: "Did you mean `player.get`?",
      },
    ]);
  });

  test("an action that its service does not publish is an error", () => {
    const hidden = directory({ "player.secret": { ...declared, published: false } });
    expect(judged({ action: "player.secret" }, hidden)).toMatchObject([
      { severity: "error", code: "ACTION_UNPUBLISHED", jsonPath: "protocol.T.x.call" },
    ]);
  });
});

test("S3.3: an action that declares nothing where a mapping relies on it is a warning", () => {
  const relied = (connector: Partial<ConnectorDescription>, action: Partial<ActionEntry> = {}) =>
    judged({ action: "player.list", ...connector }, directory({ "player.list": action })).map(
      ({ code }) => code,
    );
  expect(relied({ implicitParams: true })).toEqual(["PARAMS_UNDECLARED"]);
  expect(relied({ implicitParams: true, params: { a: "@path.a" } })).toEqual([]);
  expect(relied({ implicitParams: false })).toEqual([]);
  expect(relied({ implicitParams: true }, declared)).toEqual([]);
});

describe("S1.7: events one slip away from one that a service receives", () => {
  const listening = (...events: string[]): DirectorySnapshot => {
    const plain = directory({});
    const services = () => [...plain.services()].map((service) => ({ ...service, events }));
    return { ...plain, services };
  };
  const hints = (kind: "publish" | "subscribe", event: string, known: DirectorySnapshot) =>
    judged({ kind, events: [event] }, known).map(({ code, severity, hint }) => [severity, code, hint]);

  test("are warnings that name it", () => {
    const warning = ["warning", "EVENT_UNKNOWN", "Did you mean `player.updated`?"];
    for (const event of ["player.updatd", "plaeyr.updated", "player.update", "Player.updated"]) {
      expect(hints("publish", event, listening("player.updated"))).toEqual([warning]);
      expect(hints("subscribe", event, listening("player.updated"))).toEqual([warning]);
    }
  });

  test("are looked for among the first events of a fragment only: no fragment delays the merge", () => {
    const endings = Array.from({ length: 1_000 }, (_, at) =>
      String.fromCharCode(97 + (at % 26)).repeat(at + 1),
    );
    const known = listening(...endings.map((ending) => `updated.${ending}`));
    const misspelt = endings.map((ending) => `updatd.${ending}`);
    const findings = judged({ kind: "publish", events: misspelt }, known);
    expect(findings.map(({ code }) => code)).toEqual(Array.from({ length: 20 }, () => "EVENT_UNKNOWN"));
  });

  test("are none where the event is known, a pattern, or nothing like a known one", () => {
    expect(hints("publish", "player.updated", listening("player.updated"))).toEqual([]);
    expect(hints("publish", "player.updatd", listening("player.updated", "player.*"))).toEqual([]);
    expect(hints("subscribe", "player.updat*", listening("player.updated"))).toEqual([]);
    expect(hints("publish", "team.renamed", listening("player.updated"))).toEqual([]);
    expect(hints("publish", "room.1", listening("room.2"))).toEqual([]);
    expect(hints("publish", "player.updatd", directory({}))).toEqual([]);
  });
});

test("S13.2: a fragment that sends events through a broker that cannot is refused", () => {
  const mute = directoryOf(memoryBroker({ publish: false }).broker, {}, ["player"]);
  expect(judged({ kind: "publish", events: ["a"] }, mute)).toMatchObject([
    { severity: "error", code: "CAPABILITY_MISSING" },
  ]);
  expect(judged({ kind: "publish", events: ["a"] }, directory({}))).toEqual([]);
});

test("S13.2: a fragment that subscribes through a broker that cannot receive events is refused", () => {
  const deaf = directoryOf(memoryBroker({ events: false }).broker, {}, ["player"]);
  expect(judged({ kind: "subscribe", events: ["a.*"] }, deaf)).toMatchObject([
    { severity: "error", code: "CAPABILITY_MISSING", message: "The broker memory cannot receive events." },
  ]);
  expect(judged({ kind: "subscribe", events: ["a.*"] }, directory({}))).toEqual([]);
});
