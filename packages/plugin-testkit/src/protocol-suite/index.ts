import { contractCheck, lifecycleCheck } from "../suite/plugin.ts";
import { registerChecks } from "../suite/register.ts";
import { withOwnHarness } from "../suite/run.ts";
import { schemaChecks } from "../suite/schema.ts";
import { compilingChecks } from "./compiling.ts";
import type { ProtocolCheck, ProtocolSuite } from "./driver.ts";
import { requestChecks } from "./requests.ts";
import { assemble, compileInput, createSystem } from "./system.ts";
import { wholeChecks } from "./whole.ts";

const checks: readonly ProtocolCheck[] = [
  contractCheck("protocol", ({ make }) => make()),
  ...schemaChecks("part", ({ make, parts }: ProtocolSuite) => ({
    schema: make().schema,
    examples: parts.map(({ input }) => input),
    members: [],
  })),
  ...compilingChecks,
  ...requestChecks,
  ...wholeChecks,
  lifecycleCheck(
    "protocol",
    ({ make }) => make(),
    async (suite, check, protocol) => {
      const system = await createSystem(suite, check, protocol);
      const parts = [];
      for (const { input } of suite.parts) parts.push((await compileInput(system, check, input)).part);
      await assemble(system, check, parts);
      return parts.map(({ compiled }) => compiled);
    },
  ),
];

/** All checks of the contract of protocols (S17), as data for `runChecks`. */
export const protocolChecks: readonly ProtocolCheck[] = withOwnHarness(checks, (suite) => ({
  ...suite,
  parts: structuredClone(suite.parts),
}));

/** Registers the contract of protocols (S17) as a vitest suite. */
export function testProtocol(suite: ProtocolSuite): void {
  const { name = `the protocol ${suite.make().name} fulfils its contract`, timeout } = suite;
  registerChecks(name, protocolChecks, suite, timeout === undefined ? {} : { timeout });
}
