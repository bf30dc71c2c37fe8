import {
  type BranchStatus,
  type CheckRequest,
  createScope,
  type GatewayPage,
  type HttpRequest,
  type NotServed,
  type Reply,
} from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { checkPage } from "../src/pages/check.ts";
import { statusPage } from "../src/pages/status.ts";
import { reportOf } from "./fixture.ts";

const branches: readonly BranchStatus[] = [
  {
    branch: "master",
    latestUsedAt: "2020-11-17T07:45:03.322Z",
    parent: null,
    latestVersion: "7a2db312",
    pins: [],
    contested: [],
    versions: [
      {
        version: "7a2db312",
        fullVersion: "7a2db312e34f6105efb5ec107137763b",
        routes: ["GET /players/:id"],
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
const registry = { branches: () => branches, health: () => ({ state: "running" as const, reasons: [] }) };
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

  test("is the seed's example: the branch with its versions, routes, integrations and services", async () => {
    const reply = await ask(page, "master", requestOf());
    expect(reply.headers).toEqual([["content-type", "application/json"]]);
    expect(JSON.parse(String(reply.body))).toMatchObject({
      ...branches[0],
      parentVersion: null,
      gateway: { state: "running" },
      branches: [
        { branch: "master", latestVersion: "7a2db312", services: 0 },
        { branch: "next", latestVersion: null, services: 0 },
      ],
    });
  });

  test("/~BRANCH/~status is of that branch, and says what it builds on", async () => {
    const reply = await ask(page, "next", requestOf({ base: "/~next" }));
    expect(JSON.parse(String(reply.body))).toMatchObject({ branch: "next", parentVersion: "7a2db312" });
  });

  test("a branch or version that is not there is 404, and which of them is said", async () => {
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
  const asked: CheckRequest[] = [];
  const check = async (request: CheckRequest) => {
    asked.push(request);
    return reportOf({ service: request.service });
  };
  const page = checkPage({ registry: { check }, access: "local" });
  const post = (body: unknown, base = "", type = "application/json") =>
    ask(page, "next", requestOf({ base, body: { ...requestOf().body, type, json: async () => body } }));

  test("answers the report, 200 also where the fragment would be refused", async () => {
    const reply = await post({ fragment: { a: 1 }, service: "player" });
    expect([reply.status, JSON.parse(String(reply.body))]).toEqual([200, reportOf()]);
    expect(asked.at(-1)).toEqual({ fragment: { a: 1 }, service: "player" });
  });

  test("the branch is the body's, else the URL's, else the fragment's", async () => {
    await post({ fragment: {}, service: "player" }, "/~next");
    expect(asked.at(-1)?.branch).toBe("next");
    await post({ fragment: {}, service: "player", branch: "other" }, "/~next");
    expect(asked.at(-1)?.branch).toBe("other");
  });

  test("what is no such request is 400 and says what is missing", async () => {
    await expect(post({ fragment: {} })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("service"),
    });
    await expect(post([])).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("only JSON is taken, so that a page of another origin cannot ask", async () => {
    await expect(post({ fragment: {}, service: "player" }, "", "text/plain")).rejects.toMatchObject({
      code: "MEDIA_TYPE_UNSUPPORTED",
    });
  });
});
