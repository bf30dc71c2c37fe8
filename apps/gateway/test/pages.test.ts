import {
  type GatewayPage,
  type HttpRequest,
  type NotServed,
  type Reply,
  TidegateError,
} from "@tidegate/core-registry";
import type {
  BranchStatus,
  BrokerStatus,
  CheckRequest,
  VersionDifference,
  VersionName,
} from "@tidegate/core-registry/registry";
import { createScope } from "@tidegate/core-registry/runtime";
import { describe, expect, test } from "vitest";
import { checkPage } from "../src/pages/check.ts";
import { diffPage } from "../src/pages/diff.ts";
import { statusPage } from "../src/pages/status.ts";
import { changeOf, reportOf } from "./fixture.ts";

const branches: readonly BranchStatus[] = [
  {
    branch: "master",
    latestUsedAt: "2020-11-17T07:45:03.322Z",
    parent: null,
    latestVersion: "7a2db312",
    pins: [{ branch: "master", service: "player", to: "0123abcd" }],
    contested: [{ claim: "GET /players/:", owner: "player", claimants: ["team"] }],
    versions: [
      {
        version: "7a2db312",
        fullVersion: "7a2db312e34f6105efb5ec107137763b",
        routes: ["/players/:id (http:GET): One player."],
        integrations: [],
      },
    ],
    services: [],
  },
  {
    branch: "next",
    latestUsedAt: null,
    parent: "master",
    latestVersion: null,
    pins: [],
    contested: [],
    versions: [],
    services: [],
  },
];
const gateways = [
  { gateway: "one", versions: { master: "7a2db312e34f6105efb5ec107137763b" } },
  { gateway: "two", versions: { master: "7a2db312e34f6105efb5ec107137763b" } },
];
const brokers: readonly BrokerStatus[] = [
  {
    broker: "moleculer",
    state: "up",
    since: 1_795_000_000_000,
    circuits: [{ action: "player.get", node: "n1", state: "open" }],
  },
];
const registry = {
  branches: () => branches,
  gateways: async () => gateways,
  health: () => ({ state: "running" as const, reasons: [] }),
  brokers: () => brokers,
};
const starting: NotServed = { missing: "starting" };

function requestOf(parts: Partial<HttpRequest> = {}): HttpRequest {
  const never = () => Promise.reject(new Error("not read"));
  const body = {
    type: undefined,
    json: never,
    text: never,
    form: never,
    parts: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
    raw: () => {
      throw new Error("not read");
    },
  };
  return {
    method: "GET",
    url: "/",
    path: "/",
    base: "",
    params: {},
    query: {},
    header: () => undefined,
    headers: [],
    body,
    peer: { address: "127.0.0.1", encrypted: false },
    ...parts,
  };
}

async function ask(
  page: GatewayPage,
  branch: string,
  request: HttpRequest,
  served = starting,
): Promise<Reply> {
  const directory = { branch, action: () => undefined, service: () => undefined, services: () => [] };
  const scope = createScope({
    branch,
    version: "",
    base: request.base,
    directory,
    request,
    factories: new Map(),
  });
  try {
    return await page.handle(request, scope, served);
  } finally {
    scope.end();
  }
}

describe("S9.9: /~status", () => {
  const page = statusPage({ registry, access: "local" });

  test("answers the example of the specification: versions, routes, integrations and services", async () => {
    const reply = await ask(page, "master", requestOf());
    expect(reply.headers).toEqual([["content-type", "application/json"]]);
    const ownRoute = "/~status (http:GET): master branch introspection endpoint";
    const [master] = branches;
    expect(JSON.parse(String(reply.body))).toMatchObject({
      ...master,
      versions: master?.versions.map((version) => ({ ...version, routes: [...version.routes, ownRoute] })),
      parentVersion: null,
      gateway: { state: "running" },
      gateways,
      brokers,
      branches: [
        { branch: "master", latestVersion: "7a2db312" },
        { branch: "next", latestVersion: null },
      ],
    });
  });

  test("S9.4: contains pins, contested claims and the versions of every gateway", async () => {
    const status = JSON.parse(String((await ask(page, "master", requestOf())).body));
    expect(status.pins).toEqual([{ branch: "master", service: "player", to: "0123abcd" }]);
    expect(status.contested).toMatchObject([{ owner: "player", claimants: ["team"] }]);
    expect(status.gateways.map(({ gateway }: { gateway: string }) => gateway)).toEqual(["one", "two"]);
  });

  test("/~BRANCH/~status describes that branch, with its parent", async () => {
    const reply = await ask(page, "next", requestOf({ base: "/~next" }));
    expect(JSON.parse(String(reply.body))).toMatchObject({ branch: "next", parentVersion: "7a2db312" });
  });

  test("an unknown branch or version is 404 with the respective code", async () => {
    await expect(ask(page, "nope", requestOf())).rejects.toMatchObject({ code: "BRANCH_UNKNOWN" });
    await expect(ask(page, "nope", requestOf(), { missing: "branch" })).rejects.toMatchObject({
      code: "BRANCH_UNKNOWN",
    });
    await expect(ask(page, "master", requestOf(), { missing: "tag" })).rejects.toMatchObject({
      code: "VERSION_UNKNOWN",
    });
  });
});

describe("POST /~api/check", () => {
  const requests: CheckRequest[] = [];
  const check = async (request: CheckRequest) => {
    requests.push(request);
    return reportOf({ service: request.service });
  };
  const page = checkPage({ registry: { check }, access: "local" });
  const post = (body: unknown, base = "", type = "application/json") =>
    ask(page, "next", requestOf({ base, body: { ...requestOf().body, type, json: async () => body } }));

  test("answers 200 with the report, even if the fragment would be refused", async () => {
    const reply = await post({ fragment: { a: 1 }, service: "player" });
    expect([reply.status, JSON.parse(String(reply.body))]).toEqual([200, reportOf()]);
    expect(requests.at(-1)).toEqual({ fragment: { a: 1 }, service: "player" });
  });

  test("takes the branch from the body, the URL or the fragment, in this order", async () => {
    await post({ fragment: {}, service: "player" }, "/~next");
    expect(requests.at(-1)?.branch).toBe("next");
    await post({ fragment: {}, service: "player", branch: "other" }, "/~next");
    expect(requests.at(-1)?.branch).toBe("other");
  });

  test("answers an invalid body with 400 and the invalid member", async () => {
    await expect(post({ fragment: {} })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("service"),
    });
    await expect(post([])).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("accepts only JSON, so that pages of other origins cannot request dry runs", async () => {
    await expect(post({ fragment: {}, service: "player" }, "", "text/plain")).rejects.toMatchObject({
      code: "MEDIA_TYPE_UNSUPPORTED",
    });
  });
});

describe("GET /~diff", () => {
  const requests: [VersionName, VersionName][] = [];
  const difference = async (before: VersionName, after: VersionName): Promise<VersionDifference> => {
    requests.push([before, after]);
    if (after.branch === "nope") throw new TidegateError("BRANCH_UNKNOWN", "There is no branch 'nope'.");
    return { before, after, level: "breaking", changes: [changeOf({ kind: "removed", level: "breaking" })] };
  };
  const page = diffPage({ registry: { difference }, access: "local" });
  const get = (range: string, parts: Partial<HttpRequest> = {}) =>
    ask(page, "master", requestOf({ path: `/~diff${range}`, ...parts }));
  const accepting = (value: string) => ({
    header: (name: string) => (name === "accept" ? value : undefined),
  });
  const typeOf = ({ headers }: Reply) => headers.find(([name]) => name === "content-type")?.[1];

  test("accepts two versions of one branch or of two branches, by tag or latest", async () => {
    await get("/master@1a2b3c4d..next@latest");
    expect(requests.at(-1)).toEqual([
      { branch: "master", tag: "1a2b3c4d" },
      { branch: "next", tag: "latest" },
    ]);
    await get("/next@latest..7a2db312e34f6105efb5ec107137763b");
    expect(requests.at(-1)).toEqual([
      { branch: "next", tag: "latest" },
      { branch: "next", tag: "7a2db312e34f6105efb5ec107137763b" },
    ]);
    await get("/master%401a2b3c4d..next%40latest");
    expect(requests.at(-1)?.[1]).toEqual({ branch: "next", tag: "latest" });
  });

  test("answers JSON, or text if the request asks for it", async () => {
    const data = await get("/master@1a2b3c4d..latest", accepting("text/html, */*"));
    expect(typeOf(data)).toBe("application/json");
    expect(JSON.parse(String(data.body))).toMatchObject({
      level: "breaking",
      changes: [{ kind: "removed", label: "GET /players/:id" }],
    });
    for (const parts of [accepting("text/plain"), { query: { format: "text" }, ...accepting("*/*") }]) {
      const text = await get("/master@1a2b3c4d..latest", parts);
      expect(typeOf(text)).toBe("text/plain; charset=utf-8");
      expect(String(text.body)).toContain("GET /players/:id");
      expect(String(text.body)).not.toContain("\u001b");
    }
    const chosen = await get("/master@1a2b3c4d..latest", {
      query: { format: "json" },
      ...accepting("text/plain"),
    });
    expect(typeOf(chosen)).toBe("application/json");
  });

  test("answers 400 with an example for an invalid range, and 404 for an unknown version", async () => {
    const wrong = [
      "",
      "/",
      "/master",
      "/master@1a2b3c4d",
      "/master@1a2b3c4d..",
      "/master@v1..v2",
      "/M@latest..latest",
    ];
    for (const range of wrong)
      await expect(get(range), range).rejects.toMatchObject({
        code: "BAD_REQUEST",
        message: expect.stringContaining("/~diff/master@1a2b3c4d..master@latest"),
      });
    await expect(get("/master@latest..nope@latest")).rejects.toMatchObject({
      code: "BRANCH_UNKNOWN",
      message: expect.stringContaining("nope"),
    });
    await expect(get("/master@latest..latest", { query: { format: "xml" } })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });
});
