import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const conditions = ["@tidegate/source", "module", "node", "development|production"];
// Projects that measure, or that start a whole system: they run after the others, in this order, by so many files at once.
const alone: Readonly<Record<string, { sequence: { groupOrder: number }; maxWorkers: number }>> = {
  "@tidegate/example-soccer": { sequence: { groupOrder: 1 }, maxWorkers: 2 },
  "@tidegate/bench": { sequence: { groupOrder: 2 }, maxWorkers: 1 },
  "@tidegate/soak": { sequence: { groupOrder: 2 }, maxWorkers: 1 },
};
const manifests = globSync("{packages/*,apps/gateway,apps/examples/*,tools/*}/package.json", {
  cwd: root,
}).sort();

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // A user's run passes without what only CI needs, and says what it left out.
    reporters: ["default", join(root, "tools/checks/src/left-out.ts")],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most test files wait for processes and sockets, so more of them run than there are cores.
    maxWorkers: 3,
    // Test files open sockets and start processes: each one keeps a worker of its own, whatever the hints say.
    experimental: { diagnostics: false },
    // Projects do not see the root's conditions unless they are inline and extend it.
    projects: manifests.map((manifest) => {
      const { name } = JSON.parse(readFileSync(join(root, manifest), "utf8"));
      return {
        extends: true as const,
        root: join(root, dirname(manifest)),
        test: {
          name,
          include: ["test/**/*.test.ts"],
          ...alone[name],
        },
      };
    }),
  },
});
