import { expect, test } from "vitest";
import { ask } from "../client.ts";
import { startTestGateway } from "../reports/test-gateway.ts";

const inherited = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
const get = (basePath: string, action: string) => ({
  protocol: { REST: { basePath, routes: [{ method: "GET", path: "/", call: { action } }] } },
});

test("hostile-07: services, actions and branches can have names of Object.prototype", async () => {
  const { bus, gateway, url } = await startTestGateway();
  for (const name of inherited) {
    const branch = name.toLowerCase();
    bus.node(`a-${name}`).publish({
      name: `a${name}`,
      fragment: get(`/of/${name}`, `a${name}.${name}`),
      actions: Object.fromEntries([[name, { params: { type: "object" }, handler: () => name }]]),
    });
    bus.node(`b-${name}`).publish({
      name: "shared",
      fragment: { branch, ...get("/mine", `a${name}.${name}`) },
    });
    bus.node(`c-${name}`).publish({ name, fragment: get(`/named/${name}`, `a${name}.${name}`) });
  }
  await gateway.registry.settled();
  for (const name of inherited) {
    expect(await ask(`${url}/of/${name}`)).toEqual({ status: 200, body: name });
    expect(await ask(`${url}/~${name.toLowerCase()}/mine`)).toEqual({ status: 200, body: name });
    // The name __proto__ is left out: no map of services can contain it.
    expect(await ask(`${url}/named/${name}`)).toMatchObject({ status: name === "__proto__" ? 404 : 200 });
  }
  expect(await ask(`${url}/~nobody/mine`)).toMatchObject({ status: 404 });
  expect(await ask(`${url}/~valueof/mine`)).toMatchObject({ status: 404 });
  const status: unknown = JSON.parse((await ask(`${url}/~status`)).body);
  expect(JSON.stringify(status)).toContain('"constructor"');
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("an action name with control characters is refused, and the report has none", async () => {
  const { publish, url } = await startTestGateway();
  const report = await publish({
    name: "team",
    fragment: get("/teams", "te\u001b[2J\u0007am\r\nfalse line.gone"),
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
  expect(report.table).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(report).toMatchObject({ state: "failed", findings: [{ code: "ACTION_NAME_INVALID" }] });
  expect(await ask(`${url}/teams`)).toMatchObject({ status: 404 });
});

test("S10.1: schema.breakingChanges applies to a branch named as a member of Object.prototype", async () => {
  const { publish, url } = await startTestGateway({ schema: { breakingChanges: "block" } });
  const onBranch = (branch: string, revision: number, basePath: string) => ({
    name: branch,
    revision,
    fragment: {
      branch,
      protocol: { REST: { basePath, routes: [{ method: "GET", path: "/", map: "() => 'here'" }] } },
    },
  });
  for (const branch of ["constructor", "preview"]) {
    await publish(onBranch(branch, 1, "/kept"));
    const report = await publish(onBranch(branch, 2, "/moved"));
    expect(report).toMatchObject({ state: "failed", findings: [{ code: "CHANGE_BREAKING" }] });
    expect(await ask(`${url}/~${branch}/kept`)).toEqual({ status: 200, body: "here" });
  }
});
