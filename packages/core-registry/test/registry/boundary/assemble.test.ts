import { describe, expect, test } from "vitest";
import type { Protocol } from "../../../src/contracts/protocol.ts";
import { servedBy } from "../kit.ts";
import { type PathsInput, pathsProtocol, setUpPlugins } from "./kit.ts";

type Broken = Partial<Protocol<PathsInput>>;

const route = { kind: "http", method: "GET", path: "/bad", handle: () => undefined } as const;
/** Values that the types forbid: plugins in JavaScript return them all the same. */
const wrong = (value: unknown) => value as never;

const throwing = (): never => {
  throw new Error("boom");
};

describe("S17: what fails when the parts are assembled is pinned on the fragment that causes it", () => {
  const assembling = (assemble: Broken["assemble"]): Broken => ({
    reserved: ["/whole"],
    ...(assemble && { assemble }),
  });
  const whole = {
    routes: [{ ...route, path: "/whole", handle: () => ({ status: 200, headers: [], body: "" }) }],
  };

  test("of forty new fragments only the one is refused that makes assemble throw", async () => {
    const { publish, registry, served, reportOf, lines } = await setUpPlugins({
      protocols: [
        pathsProtocol(
          "Whole",
          assembling((parts) => {
            if (parts.some(({ origin }) => origin.service === "service-17")) throw new Error("boom");
            return whole;
          }),
        ),
      ],
    });
    for (let index = 0; index < 40; index++)
      publish(`service-${index}`, { protocol: { Whole: { paths: [`/p/${index}`] } } });
    await registry.settled();
    expect(served()).toHaveLength(39);
    expect(reportOf("service-17")).toMatchObject({
      state: "failed",
      findings: [{ code: "PLUGIN_FAILED", jsonPath: "protocol.Whole" }],
    });
    expect(reportOf("service-3")?.state).toBe("succeeded");
    expect(lines.join("\n")).toContain("The protocol plugin 'Whole' failed in 'assemble': boom");
  });

  // Bisection stops after eight fragments; these twelve are found without it (S9.6).
  test("fragments refused with a finding do not end the search for the one that throws", async () => {
    const { publish, registry, served, reportOf } = await setUpPlugins({
      protocols: [
        pathsProtocol(
          "Whole",
          assembling((parts, tools) => {
            const refused = parts.find(({ origin }) => origin.service.startsWith("refused"));
            if (refused !== undefined)
              tools.addFinding(refused.origin, {
                severity: "error",
                code: "X",
                jsonPath: "",
                message: "No.",
              });
            else if (parts.some(({ origin }) => origin.service === "throwing")) throw new Error("boom");
            return whole;
          }),
        ),
      ],
    });
    for (let index = 0; index < 12; index++)
      publish(`refused-${index}`, { protocol: { Whole: { paths: [`/refused/${index}`] } } });
    publish("throwing", { protocol: { Whole: { paths: ["/throwing"] } } });
    for (const name of ["a", "b", "c"]) publish(name, { protocol: { Whole: { paths: [`/${name}`] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /a", "GET /b", "GET /c"]);
    expect(reportOf("throwing")?.findings.map(({ code }) => code)).toEqual(["PLUGIN_FAILED"]);
  });

  test("after eight fragments that bisection found, all new ones are refused, the served stay", async () => {
    const { publish, registry, served, reportOf } = await setUpPlugins({
      protocols: [
        pathsProtocol(
          "Whole",
          assembling((parts) => {
            if (parts.some(({ origin }) => origin.service.startsWith("throwing"))) throw new Error("boom");
            return whole;
          }),
        ),
      ],
    });
    publish("old", { protocol: { Whole: { paths: ["/old"] } } });
    await registry.settled();
    for (let index = 0; index < 10; index++)
      publish(`throwing-${index}`, { protocol: { Whole: { paths: [`/throwing/${index}`] } } });
    publish("good", { protocol: { Whole: { paths: ["/good"] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /old"]);
    expect(reportOf("good")?.state).toBe("failed");
  });

  test("the older fragment of the culprit stays in use", async () => {
    const { publish, registry, served, reportOf } = await setUpPlugins({
      protocols: [
        pathsProtocol(
          "Whole",
          assembling((parts) => {
            if (parts.some(({ compiled }) => compiled.routes?.some(({ path }) => path === "/new")))
              throw new Error("boom");
            return whole;
          }),
        ),
      ],
    });
    publish("one", { protocol: { Whole: { paths: ["/old"] } } });
    await registry.settled();
    publish("one", { protocol: { Whole: { paths: ["/new"] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /old"]);
    expect(reportOf("one")?.state).toBe("failed");
  });

  test.each<readonly [kind: string, assemble: Broken["assemble"], reason: string]>([
    ["returns nothing", () => wrong(undefined), "instead of an object with `routes`"],
    ["returns a list", () => wrong([route]), "a list instead of an object"],
    ["returns lists of routes", () => wrong({ routes: [[route]] }), "`routes[0]` is a list"],
    ["returns null as a route", () => wrong({ routes: [null] }), "`routes[0]` is null"],
    ["returns a route outside of `reserved`", () => wrong({ routes: [route] }), "/bad is not below a path"],
    ["always throws", throwing, "boom"],
    ["always rejects", () => Promise.reject(new Error("boom")), "boom"],
  ])("assemble %s: the fragments of other protocols are served", async (_, assemble, reason) => {
    const { publish, registry, served, reportOf, lines } = await setUpPlugins({
      protocols: [pathsProtocol("Whole", assembling(assemble)), pathsProtocol("Paths")],
    });
    publish("bad", { protocol: { Whole: { paths: ["/bad"] } } });
    publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await registry.settled();
    expect(served()).toContain("GET /good");
    expect(lines.join("\n")).toContain("The protocol plugin 'Whole' failed in 'assemble'");
    expect(lines.join("\n")).toContain(reason);
    publish("later", { protocol: { Paths: { paths: ["/later"] } } });
    await registry.settled();
    expect(served()).toContain("GET /later");
    expect(reportOf("later")?.state).toBe("succeeded");
  });

  test("a protocol that begins to fail keeps what it assembled, and others merge", async () => {
    let isBroken = false;
    const { publish, bus, registry, served, clock } = await setUpPlugins({
      protocols: [
        pathsProtocol(
          "Whole",
          assembling(() => {
            if (isBroken) throw new Error("boom");
            return whole;
          }),
        ),
        pathsProtocol("Paths"),
      ],
    });
    publish("one", { protocol: { Whole: { paths: ["/one"] } } });
    publish("two", { protocol: { Whole: { paths: ["/two"] } } });
    await registry.settled();
    isBroken = true;
    bus.node("node-two").leave();
    clock.advance(3_000);
    publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await registry.settled();
    expect(served()).toEqual(expect.arrayContaining(["GET /one", "GET /good"]));
  });

  test("a protocol that refuses a fragment it was not given is logged, and all are served", async () => {
    const { publish, registry, served, lines } = await setUpPlugins({
      protocols: [
        pathsProtocol(
          "Whole",
          assembling((_, tools) => {
            const origin = { service: "nobody", hash: "0".repeat(32), jsonPath: "" };
            tools.addFinding(origin, { severity: "error", code: "X", jsonPath: "", message: "No." });
            return whole;
          }),
        ),
      ],
    });
    publish("one", { protocol: { Whole: { paths: ["/one"] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /one"]);
    expect(lines.join("\n")).toContain("'nobody' that it was not given");
  });

  test.each<readonly [kind: string, diff: Broken["diff"]]>([
    ["throws", throwing],
    ["returns nothing", () => wrong(undefined)],
    ["returns a promise", () => wrong(Promise.resolve([]))],
    ["returns changes without a level", () => wrong([{ kind: "added" }])],
  ])("diff that %s: the endpoints are compared instead", async (_, diff) => {
    const { publish, registry, served, reportOf, lines } = await setUpPlugins({
      protocols: [pathsProtocol("Paths", { ...(diff && { diff }) })],
    });
    publish("one", { protocol: { Paths: { paths: ["/a"] } } });
    await registry.settled();
    publish("one", { protocol: { Paths: { paths: ["/a", "/b"] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /a", "GET /b"]);
    expect(reportOf("one")?.changes.map(({ label }) => label)).toContain("GET /b");
    expect(lines.join("\n")).toContain("failed in 'diff'");
  });

  test.each<readonly [kind: string, documents: Broken["documents"]]>([
    ["throws", throwing],
    ["rejects", () => Promise.reject(new Error("boom"))],
    ["returns numbers", () => wrong({ "a.json": 7 })],
    ["returns a path as name", () => ({ "../etc": "x" })],
  ])("documents that %s are left out, those of others are there", async (_, documents) => {
    const { publish, registry, lines } = await setUpPlugins({
      protocols: [
        pathsProtocol("Bad", { ...(documents && { documents }) }),
        pathsProtocol("Paths", { documents: () => ({ "paths.md": "# Paths" }) }),
      ],
    });
    publish("one", { protocol: { Paths: { paths: ["/a"] } } });
    await registry.settled();
    expect(await registry.documents(await servedBy(registry))).toEqual({ "paths.md": "# Paths" });
    expect(lines.join("\n")).toContain("The protocol plugin 'Bad' failed in 'documents'");
  });
});
