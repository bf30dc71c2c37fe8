import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let gateway: ChildProcess;
let lines: Recorder<string>;
let url: string;

beforeAll(async () => {
  const script = join(import.meta.dirname, "broken-plugins/gateway-process.ts");
  gateway = spawn(process.execPath, ["--conditions=@tidegate/source", script]);
  lines = recorder<string>("lines of the gateway");
  for (const stream of [gateway.stdout, gateway.stderr])
    if (stream !== null) createInterface(stream).on("line", (line) => lines.push(line));
  const ready = await lines.waitFor((line) => line.startsWith("ready at "));
  url = ready.slice("ready at ".length);
});
afterAll(() => void gateway.kill("SIGKILL"));

/** The status of a GET, with the code of its problem document. */
async function get(path: string): Promise<readonly [status: number, code: unknown]> {
  const response = await fetch(`${url}/${path}`);
  const body: unknown = await response.json().catch(() => undefined);
  const code: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "code") : undefined;
  return [response.status, code];
}

const loggedBy = (kind: string, name: string, member: string): Promise<string> =>
  lines.waitFor((line) => line.includes(`The ${kind} plugin '${name}' failed in '${member}'`));

describe("S17: a gateway whose plugins fail in every member, in a process of its own", () => {
  test("what does not fail is served", async () => {
    expect(await get("good")).toEqual([200, undefined]);
  });

  test.each([
    ["protocol", "CompileReturnsNothing", "compile"],
    ["protocol", "CompileReturnsNull", "compile"],
    ["protocol", "CompileNeverSettles", "compile"],
    ["protocol", "AssembleThrows", "assemble"],
    ["protocol", "AssembleReturnsLists", "assemble"],
    ["policy", "compileReturnsNothing", "compile"],
  ])(
    "a fragment that needs the %s %s is not served, and the log names the plugin",
    async (kind, name, member) => {
      await loggedBy(kind, name, member);
      expect(await get(name)).toEqual([404, "NOT_FOUND"]);
    },
  );

  test.each(["decideReturnsNothing", "decideThrows", "decideRejects"])("%s denies access", async (name) => {
    expect(await get(name)).toEqual([401, "UNAUTHENTICATED"]);
    await loggedBy("policy", name, "decide");
  });

  test.each([
    "HandleReturnsNothing",
    "HandleReturnsText",
    "HandleReturnsObject",
    "HandleReturnsBody",
    "HandleThrows",
    "HandleRejects",
  ])("%s is 500 for its client, and the log names the protocol", async (name) => {
    const [status] = await get(name);
    expect(status).toBe(500);
    await lines.waitFor((line) => line.includes(`/${name} 500`) && line.includes(`protocol '${name}'`));
  });

  test("closing a context value fails: the client gets its reply, the log names it", async () => {
    for (const name of ["closeRejects", "closeThrows"]) {
      expect(await get(name)).toEqual([200, undefined]);
      await loggedBy("context", name, "close");
    }
  });

  test("a context value that cannot be made is 500 for those who read it", async () => {
    const [status] = await get("createRejects");
    expect(status).toBe(500);
  });

  test("the process is alive after all of this, and stops when it is asked to", async () => {
    expect(await get("good")).toEqual([200, undefined]);
    expect(gateway.exitCode).toBe(null);
    gateway.kill("SIGTERM");
    expect(await once(gateway, "exit")).toEqual([0, null]);
  });
});
