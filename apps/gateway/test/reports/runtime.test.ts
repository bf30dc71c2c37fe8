import type { TestService } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { expectGolden, startTestGateway, type TestGateway } from "./test-gateway.ts";

const fragment = (routes: object[], policy: object = {}) => ({
  protocol: { REST: { basePath: "/players", routes } },
  policy,
});

/** Publishes a service and requests `/players/1`. Returns the response's status and the runtime report. */
async function requestReport(testGateway: TestGateway, service: TestService, path = "/players/1") {
  await testGateway.publish(service);
  const answer = await fetch(testGateway.url + path, { headers: { "x-request-id": "request-1" } });
  await answer.text();
  const report = await testGateway.bus
    .node(service.name)
    .waitForReport(({ occasion }) => occasion === "runtime");
  return { status: answer.status, report };
}

const actions = {
  get: { params: { type: "object", properties: { id: { type: "string" } } }, handler: () => ({ id: 1 }) },
  framed: {
    params: { type: "object" },
    handler: () => ({ $headers: { "content-length": "5" }, name: "Ann" }),
  },
  broken: { params: { type: "object" }, handler: () => ({ $status: 99 }) },
};

const faults = [
  {
    what: "a filter that throws",
    code: "FUNCTION_THREW",
    status: 401,
    fragment: fragment([{ method: "GET", path: "/:id", call: "player.get" }], {
      call: [
        {
          description: "Only the captain.",
          actions: ["player.*"],
          filter: "({ params }) => params.team.captain === 1",
        },
      ],
    }),
  },
  {
    what: "a filter that answers with no boolean",
    code: "FILTER_RESULT",
    status: 401,
    fragment: fragment([{ method: "GET", path: "/:id", call: "player.get" }], {
      call: [{ actions: ["player.*"], filter: "({ params }) => params.id" }],
    }),
  },
  {
    what: "a map that throws",
    code: "FUNCTION_THREW",
    status: 500,
    fragment: fragment([
      {
        method: "GET",
        path: "/:id",
        call: { action: "player.get", map: "({ response }) => response.team.name" },
      },
    ]),
  },
  {
    what: "a function that breaks its limit",
    code: "FUNCTION_TIMEOUT",
    status: 500,
    fragment: fragment([{ method: "GET", path: "/:id", map: "() => { for (;;); }" }]),
  },
  {
    what: "a function whose result is no data",
    code: "FUNCTION_RESULT",
    status: 500,
    fragment: fragment([{ method: "GET", path: "/:id", map: "() => () => 1" }]),
  },
  {
    what: "a framing header of the service",
    code: "HEADER_DROPPED",
    status: 200,
    fragment: fragment([{ method: "GET", path: "/:id", call: "player.framed" }]),
  },
  {
    what: "an impossible status",
    code: "REPLY_INVALID",
    status: 500,
    fragment: fragment([{ method: "GET", path: "/:id", call: "player.broken" }]),
  },
];

test.each(faults)("S10.1: the report of $what ($code)", async ({ what, code, status, fragment }) => {
  const testGateway = await startTestGateway(code === "FUNCTION_TIMEOUT" ? { functionMs: 50 } : {});
  const { status: answered, report } = await requestReport(testGateway, {
    name: "player",
    fragment,
    actions,
  });
  expect(answered).toBe(status);
  expect(report.findings.map((finding) => finding.code)).toContain(code);
  await expectGolden(report, what.replaceAll(" ", "-"));
});

test("S10.1, S9.10: a report contains the console output of functions, without secrets", async () => {
  const testGateway = await startTestGateway();
  const write = `({ query }) => {
    console.log("asked", { password: query.password, page: 2 });
    console.warn("authorization: Bearer " + query.token);
    return query.page;
  }`;
  const { report } = await requestReport(
    testGateway,
    { name: "player", fragment: fragment([{ method: "GET", path: "/:id", map: write }]) },
    "/players/1?password=hunter2&token=eyJhbGciOi.x.y",
  );
  expect(report.table).not.toMatch(/hunter2|eyJhb/);
  await expectGolden(report, "console");
});
