import { z } from "zod";
import { silentLogger } from "../../src/contracts/logger.ts";
import type { Protocol } from "../../src/contracts/protocol.ts";
import { ClaimTable } from "../../src/registry/claims/claim-table.ts";
import { difference } from "../../src/registry/difference/difference.ts";
import type { Directory } from "../../src/registry/discovery/directory.ts";
import { view } from "../../src/registry/discovery/view.ts";
import { emptyLedger } from "../../src/registry/ledger/ledger.ts";
import { createLateFragments } from "../../src/registry/merge/late-fragments.ts";
import type { Compilation, CompileInput } from "../../src/registry/merge/types.ts";
import { createYield } from "../../src/runtime/yield.ts";
import { loadProtocols, loadTools } from "./load.ts";

/** A protocol without a will of its own: the fragments of these tests are made without it. */
export const stillProtocol: Protocol = {
  contract: 2,
  name: "T",
  schema: z.unknown(),
  compile: () => ({}),
};

/** What these tests compile from, where they say nothing else. */
export type InputSpec = Partial<Omit<CompileInput, "view" | "previous" | "protocols">> & {
  readonly protocols?: readonly Protocol[];
  readonly branch?: string;
  readonly previous?: Compilation | undefined;
};

/** What a directory is compiled from: from nothing, unless a base is given. */
export function inputOf(
  directory: Directory,
  { branch = "master", previous, protocols: own = [stillProtocol], ...rest }: InputSpec = {},
): CompileInput {
  const tools = loadTools();
  const protocols = loadProtocols(own, tools);
  return {
    view: view(branch, directory),
    ledger: emptyLedger,
    parentTable: new ClaimTable(),
    previous,
    parent: undefined,
    protocols,
    pluginFailed: tools.failed,
    late: createLateFragments(tools.limit.clock),
    breakingChanges: "off",
    check: () => [],
    retained: (service, hash) => {
      const fragment = previous?.chosen.get(service);
      return fragment?.hash === hash ? fragment : undefined;
    },
    difference: (before, after) => difference(before, after, { protocols, policies: [] }),
    runtime: {
      logger: silentLogger,
      signal: new AbortController().signal,
      yieldToEventLoop: createYield(),
    },
    ...rest,
  };
}
