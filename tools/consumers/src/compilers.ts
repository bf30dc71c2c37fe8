import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Project } from "./project.ts";

const compiler = join(import.meta.dirname, "../node_modules/typescript-5/bin/tsc");

/**
 * Compiles a project with TypeScript 5.9. Returns the errors, a line each, without those in the declarations
 * of Moleculer and what it uses: `bunyan` is not installed, and the like. Most projects hide these by
 * `skipLibCheck`; here it would hide errors in our declarations too.
 * @param options the options of its `tsconfig.json`
 */
export async function compile({ folder }: Project, options: object): Promise<readonly string[]> {
  const config = {
    compilerOptions: { types: ["node"], outDir: "out", ...options },
    include: ["**/*.ts"],
    exclude: ["out"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [compiler, "--pretty", "false"], { cwd: folder }, (_, text) => resolve(text));
  });
  const errors = output.split("\n").filter((line) => /^\S/.test(line));
  return errors.filter((line) => line.includes("/@tidegate/") || !/\/node_modules\/\S+\.d\.ts\(/.test(line));
}
