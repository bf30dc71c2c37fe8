import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { compile } from "../src/compilers.ts";
import { nodeVersions } from "../src/node-versions.ts";
import { installBefore, needNode, slow } from "./support.ts";

const run = promisify(execFile);

const createProject = installBefore(["@tidegate/service-moleculer"]);

const source = `
import type { FragmentInput, Report } from "@tidegate/fragment";
import { preset, tidegate, type TidegateMixinOptions } from "@tidegate/service-moleculer";
import { type Context, ServiceBroker } from "moleculer";

const api: FragmentInput = {
  protocol: { REST: { basePath: "/players", routes: [{ method: "GET", path: "/:id", call: "player.get" }] } },
};
const options: TidegateMixinOptions = { api, revision: 7 };
// @ts-expect-error: a revision is a number
tidegate({ revision: "7" });
// @ts-expect-error: a branch is a text
export const wrong: FragmentInput = { branch: 7 };
const state: Report["state"] = "succeeded";
const broker = new ServiceBroker(preset({ logger: false }));
const service = broker.createService({
  name: "player",
  mixins: [tidegate(options)],
  actions: {
    get: { params: { id: "number" }, handler: (ctx: Context<{ id: number }>) => ({ id: ctx.params.id }) },
  },
});
async function main(): Promise<void> {
  await broker.start();
  const answer = await broker.call("player.get", { id: 7 });
  console.log(JSON.stringify({ answer, state, revision: service.metadata.revision }));
  await broker.stop();
}
void main();
`;

/** What TypeScript projects have in their `tsconfig.json` and `package.json`. */
const consumers = [
  { name: "nodenext, ESM", type: "module" as const, options: { module: "nodenext", strict: true } },
  { name: "nodenext, CommonJS", type: "commonjs" as const, options: { module: "nodenext", strict: true } },
  { name: "node16, ESM", type: "module" as const, options: { module: "node16", strict: true } },
  { name: "node16, CommonJS", type: "commonjs" as const, options: { module: "node16", strict: true } },
  {
    name: "a bundler",
    type: "module" as const,
    options: { module: "esnext", moduleResolution: "bundler", target: "es2022", strict: true },
  },
  {
    // https://github.com/moleculerjs/moleculer-template-project-typescript
    name: "commonjs, as in Moleculer's TypeScript template",
    type: "commonjs" as const,
    options: {
      module: "commonjs",
      moduleResolution: "node",
      target: "es6",
      esModuleInterop: true,
      noImplicitAny: true,
    },
  },
];

describe("a project of TypeScript 5.9 compiles without errors, and runs (S13.1)", () => {
  test.for(consumers)("$name", { timeout: slow }, async ({ name, type, options }, context) => {
    const project = await createProject(name.replaceAll(/\W+/g, "-"), type);
    await project.write("main.ts", source);
    expect(await compile(project, options)).toEqual([]);
    for (const node of nodeVersions) {
      needNode(context, node);
      const { stdout } = await run(node.path, ["out/main.js"], { cwd: project.folder });
      expect(JSON.parse(stdout)).toEqual({ answer: { id: 7 }, state: "succeeded", revision: 7 });
    }
  });

  test("the check sees what does not compile", { timeout: slow }, async () => {
    const project = await createProject("wrong");
    await project.write("main.ts", source.replaceAll("// @ts-expect-error", "//"));
    const errors = await compile(project, { module: "nodenext", strict: true });
    expect(errors).toEqual([
      expect.stringMatching(/revision|string/),
      expect.stringMatching(/branch|number/),
    ]);
  });
});
