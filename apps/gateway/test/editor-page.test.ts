import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { silentLogger } from "@tidegate/core-registry";
import type { FragmentInput } from "@tidegate/fragment";
import { memoryBroker } from "@tidegate/plugin-testkit";
import type {} from "@tidegate/protocol-rest";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { compose } from "../src/config/compose.ts";
import { readConfig } from "../src/config/tree.ts";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { runCommand } from "./command.ts";
import { ask, readPage } from "./page.ts";

const repository = join(import.meta.dirname, "../../..");

/** A folder with the schema that a gateway serves, and the files of the page. */
async function setUpFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-editor-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const gateway = createDefaultGateway(
    compose(
      readConfig({
        brokers: [memoryBroker().broker],
        server: { protocol: { http: { port: 0 } } },
        logger: silentLogger,
        admin: false,
      }),
    ),
  );
  onTestFinished(() => gateway.stop());
  const [listening] = await gateway.start();
  const { body } = await ask(`${listening?.url}/~catalog/fragment.json`);
  await writeFile(join(folder, "fragment.schema.json"), body);
  for (const [name, path] of [
    ["ajv", "apps/gateway/node_modules/ajv"],
    ["@tidegate/fragment", "packages/fragment"],
  ] as const) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(repository, path), link);
  }
  return folder;
}

test("S1.5: the files of docs/editor.md: the schema, a fragment with $schema, and Ajv", async () => {
  const page = await readPage("docs/editor.md");
  const [[fragment = ""], [settings = ""], [ajv = ""]] = [
    page("json fragment"),
    page("json settings"),
    page("ts ajv"),
  ];
  const folder = await setUpFolder();
  const [association] = JSON.parse(settings)["json.schemas"];
  for (const path of [JSON.parse(fragment).$schema, association.url])
    expect(JSON.parse(await readFile(join(folder, path), "utf8"))).toMatchObject({
      title: "Tidegate fragment",
    });

  await writeFile(join(folder, "player.fragment.json"), fragment);
  await writeFile(join(folder, "check.mts"), ajv);
  const run = promisify(execFile)(process.execPath, [join(folder, "check.mts")], { cwd: folder });
  expect((await run).stdout).toBe("true null\n");
});

test("S1.7: the typed fragment of docs/editor.md is one that tidegate check accepts", async () => {
  const [typed = ""] = (await readPage("docs/editor.md"))("ts types");
  const folder = await setUpFolder();
  await writeFile(join(folder, "player.ts"), typed);
  const { code, stdout } = await runCommand(folder, "check", "player.ts");
  expect(stdout).toContain("player on master: accepted");
  expect(code).toBe(0);
});

test("the package of a protocol gives its part of a fragment a type", () => {
  type Part<Method> = {
    readonly protocol: {
      readonly REST: {
        readonly basePath: string;
        readonly routes: readonly { readonly method: Method; readonly path: string; readonly call: string }[];
      };
    };
  };
  expectTypeOf<Part<"GET">>().toExtend<FragmentInput>();
  expectTypeOf<Part<"FETCH">>().not.toExtend<FragmentInput>();
});
