import { z } from "zod";
import type { Protocol } from "../../src/contracts/protocol.ts";
import type { Sandbox } from "../../src/contracts/sandbox.ts";

/** A protocol whose routes are paths that call an action or answer their own path. */
export interface PathsInput {
  /** Paths; one that is called `fail` is refused when it is compiled. */
  readonly paths: readonly string[];
  /** Documentation. */
  readonly description?: string | undefined;
}

/** The smallest protocol: `protocol: { Paths: { paths: ["/x"] } }`. */
export const paths: Protocol<PathsInput> = {
  contract: 2,
  name: "Paths",
  schema: z.strictObject({
    paths: z.array(z.string({ error: "A path is a text." })),
    description: z.string().optional(),
  }),
  fingerprint: ({ paths }) => ({ paths }),
  compile: (input, tools) => {
    input.paths.forEach((path, index) => {
      if (path === "fail") {
        tools.addFinding({
          severity: "error",
          code: "PATH_INVALID",
          jsonPath: `${tools.origin.jsonPath}.paths[${index}]`,
          message: "That path fails.",
        });
      }
    });
    return {
      routes: input.paths.map((path, index) => ({
        kind: "http",
        method: "GET",
        path,
        endpoint: {
          jsonPath: `${tools.origin.jsonPath}.paths[${index}]`,
          ...(input.description === undefined ? {} : { description: input.description }),
          fingerprint: path,
        },
        handle: () => ({ status: 200, headers: [], body: `${tools.origin.service} ${path}` }),
      })),
    };
  },
};

/** A sandbox for fragments without functions. */
export const noSandbox: Sandbox = {
  contract: 2,
  check: () => ({ ok: true, problems: [], reads: "all", sync: true, volatile: false }),
  compile: () => {
    throw new TypeError("No function is compiled in this test.");
  },
  start: async () => undefined,
  stop: async () => undefined,
};
