import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const conditions = ["@tidegate/source", "module", "node", "development|production"];
// These projects measure, or start a whole system. They run after all others, in groups of this order,
// with at most this many test files at once.
const runLast: Readonly<Record<string, { sequence: { groupOrder: number }; maxWorkers: number }>> = {
  "@tidegate/example-soccer": { sequence: { groupOrder: 1 }, maxWorkers: 2 },
  "@tidegate/consumers": { sequence: { groupOrder: 1 }, maxWorkers: 1 },
  "@tidegate/bench": { sequence: { groupOrder: 2 }, maxWorkers: 1 },
  "@tidegate/soak": { sequence: { groupOrder: 2 }, maxWorkers: 1 },
};
const manifests = globSync(
  "{packages/*,apps/gateway,apps/examples/*,apps/examples/plugins/*,tools/*}/package.json",
  {
    cwd: root,
  },
).sort();

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // `pnpm test` runs once, `pnpm test --watch` watches.
    watch: false,
    // Tests whose server or browser is not installed are skipped; this reporter lists them with the reason.
    reporters: ["default", join(root, "tools/checks/src/left-out.ts")],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most test files wait for processes and sockets, so more files run at once than there are cores.
    maxWorkers: 3,
    // Vitest hints at sharing workers between files. Ours open sockets and start processes, so each needs its
    // own.
    experimental: { diagnostics: false },
    coverage: {
      provider: "v8",
      include: ["**/src/**/*.ts"],
      reporter: ["text-summary"],
    },
    // Only inline projects that extend this configuration inherit its resolve conditions.
    projects: manifests.map((manifest) => {
      const { name } = JSON.parse(readFileSync(join(root, manifest), "utf8"));
      return {
        extends: true as const,
        root: join(root, dirname(manifest)),
        test: {
          name,
          include: ["test/**/*.test.ts"],
          ...runLast[name],
        },
      };
    }),
  },
});
