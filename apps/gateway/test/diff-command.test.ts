import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import type { VersionDifference } from "@tidegate/core-registry/registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDefaultGateway } from "../src/index.ts";
import { changeOf } from "./fixture.ts";

const cli = join(import.meta.dirname, "../src/cli.ts");

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a child process whose output is a pipe. */
function tidegate(...args: readonly string[]): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const node = ["--conditions=@tidegate/source", cli, ...args];
  execFile(
    process.execPath,
    node,
    { env: { ...process.env, FORCE_COLOR: undefined } },
    (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    },
  );
  return promise;
}

/** A server that gives one answer to all requests, and records their paths. */
async function answering(
  answer: unknown,
): Promise<{ readonly url: string; readonly requestedPaths: readonly unknown[] }> {
  const requestedPaths: unknown[] = [];
  const server = createServer((request, response) => {
    requestedPaths.push(request.url);
    response.end(JSON.stringify(answer));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { url: `http://127.0.0.1:${Object(address).port}`, requestedPaths };
}

describe("tidegate diff", () => {
  test("prints a difference as text, without colours in a pipe", async () => {
    const difference: VersionDifference = {
      before: { branch: "master", tag: "1a2b3c4d" },
      after: { branch: "master", tag: "latest" },
      level: "breaking",
      changes: [changeOf({ kind: "removed", level: "breaking", detail: "The route was removed." })],
    };
    const { url, requestedPaths } = await answering(difference);
    const { code, stdout, stderr } = await tidegate(
      "diff",
      "master@1a2b3c4d..latest",
      "--gateway",
      `${url}/`,
    );
    expect([code, stderr, requestedPaths]).toEqual([0, "", ["/~diff/master@1a2b3c4d..latest"]]);
    expect(stdout).toContain("GET /players/:id");
    expect(stdout).toContain("The route was removed.");
    expect(stdout).not.toContain("\u001b");
  });

  test("an unknown branch or version: exit code 1 and its name", async () => {
    const gateway = createDefaultGateway({
      brokers: [memoryBroker().broker],
      protocols: [rest()],
      policies: [],
      server: h3Server({ port: 0 }),
      logger: silentLogger,
    });
    onTestFinished(() => gateway.stop());
    const [listening] = await gateway.start();
    const ask = (versions: string) => tidegate("diff", versions, "--gateway", String(listening?.url));
    const [version, branch] = await Promise.all([ask("master@latest..0123abcd"), ask("nope@latest..latest")]);
    expect(version).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(/no version .*0123abcd/) });
    expect(branch).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(/no branch .*nope/) });
  });

  test("an unreachable gateway, or another server: exit code 1 and the reason", async () => {
    const { url } = await answering({ hello: "world" });
    const ask = (gateway: string) => tidegate("diff", "master@latest..latest", "--gateway", gateway);
    const [other, none] = await Promise.all([ask(url), ask("http://127.0.0.1:9")]);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining("but the answer is not a difference"),
    ]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("cannot be reached")]);
  });

  test("a wrong command line: exit code 2 and an example", async () => {
    const wrong = await Promise.all([
      tidegate("diff"),
      tidegate("diff", "master@latest..latest"),
      tidegate("diff", "master", "--gateway", "http://127.0.0.1:9"),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(wrong[2]?.stderr).toContain("tidegate diff master@1a2b3c4d..latest");
  });
});
