import { z } from "zod";
import type { FragmentInput } from "../../../src/contracts/fragment.ts";
import type { Json } from "../../../src/contracts/json.ts";
import type { CompiledRule, Policy } from "../../../src/contracts/policy.ts";
import type { Protocol, ProtocolVersion } from "../../../src/contracts/protocol.ts";
import type { Change } from "../../../src/contracts/report.ts";
import type { Sandbox } from "../../../src/contracts/sandbox.ts";
import { type DifferencePlugins, difference } from "../../../src/registry/difference/difference.ts";
import { type CompiledFragment, compileFragment } from "../../../src/registry/discovery/compile-fragment.ts";
import type { CompiledVersion, VersionPart } from "../../../src/registry/versions/compiled-version.ts";
import type { LoadedProtocol } from "../../../src/runtime/boundary/load-protocol.ts";
import { canonicalJson, hash128 } from "../../../src/runtime/fragment/canonical.ts";
import { loadPolicies, loadProtocols } from "../load.ts";
import { rest, webSocket } from "./route-protocols.ts";

/** The fragments of a version by service, as services write them. */
export type Fragments = Readonly<Record<string, FragmentInput>>;

/** A sandbox that accepts every text as a function, and runs none. */
const anyFunction: Sandbox = {
  contract: 2,
  check: () => ({ ok: true, problems: [], reads: "all", sync: true, volatile: false }),
  compile: () => ({
    sync: true,
    reads: "all",
    tier: "native",
    call: () => {
      throw new TypeError("No function is run in this test.");
    },
  }),
  start: async () => undefined,
  stop: async () => undefined,
};

/** One of the listed scopes is sufficient, so a longer list is wider. */
export const scope: Policy<{ scope: string[] }> = {
  ...policyBase("scope", z.object({ scope: z.array(z.string()) })),
  compile: ({ scope }) => ruleOf([...scope].sort()),
  compare: (before, after) => {
    const [was, is] = [new Set(textsOf(before)), new Set(textsOf(after))];
    if (was.isSubsetOf(is)) return "wider";
    return is.isSubsetOf(was) ? "narrower" : "unclear";
  },
};

/** A function: two of them cannot be compared. */
export const filter: Policy<{ filter: string }> = {
  ...policyBase("filter", z.object({ filter: z.string() })),
  compile: ({ filter }) => ruleOf(filter),
};

/** The plugins of the test versions. */
export const plugins: DifferencePlugins = {
  protocols: loadProtocols([rest, webSocket] as readonly Protocol[]),
  policies: loadPolicies([scope, filter] as readonly Policy[]),
};

/** Options of `versionOf`. */
export interface VersionOptions {
  /** The protocols. Default: the kit's. */
  readonly protocols?: readonly LoadedProtocol[];
  /** The claims that wait, by service. Default: none. */
  readonly waiting?: Readonly<Record<string, readonly string[]>>;
}

/** Creates a version of these fragments. Throws where a fragment has an error. */
export async function versionOf(
  fragments: Fragments,
  { protocols = plugins.protocols, waiting = {} }: VersionOptions = {},
): Promise<CompiledVersion> {
  const all = await Promise.all(
    Object.entries(fragments).map(([service, raw]) => compiledFragment(service, raw, protocols)),
  );
  const chosen = new Map(all.map((fragment) => [fragment.service, fragment]));
  const parts = new Map(
    protocols.map(({ name }) => [
      name,
      new Map(
        all.flatMap((fragment): [string, VersionPart][] => {
          const fragmentPart = fragment.parts.get(name);
          if (fragmentPart === undefined) return [];
          const { service, hash } = fragment;
          const origin = { service, hash, jsonPath: `protocol.${name}` };
          const keys = new Set(waiting[service] ?? []);
          const part = { origin, compiled: fragmentPart.compiled, fragmentPart, waiting: keys };
          return [[service, part]];
        }),
      ),
    ]),
  );
  const shares = new Map(
    protocols.map(({ name }): [string, ProtocolVersion] => {
      const endpoints = [...(parts.get(name)?.values() ?? [])].flatMap(
        ({ fragmentPart }) => fragmentPart.endpoints,
      );
      return [name, { endpoints, assembled: {} }];
    }),
  );
  const id = hash128(canonicalJson([all.map(({ hash }) => hash).sort(), waiting]));
  const rules = { ownerRules: () => undefined };
  return {
    version: {
      id,
      name: id.slice(0, 8),
      fragments: [],
      routes: [],
      endpoints: [],
      rules,
      routeOrigin: () => undefined,
      protocols: shares,
    },
    chosen,
    parts,
  };
}

/** Compares versions of these fragments. */
export async function differenceOf(before: Fragments, after: Fragments): Promise<readonly Change[]> {
  return difference(await versionOf(before), await versionOf(after), plugins);
}

async function compiledFragment(
  service: string,
  raw: FragmentInput,
  protocols: readonly LoadedProtocol[],
): Promise<CompiledFragment> {
  const fragment = await compileFragment(
    raw,
    service,
    {
      protocols,
      policies: plugins.policies,
      disabledPolicies: [],
      sandbox: anyFunction,
      contexts: ["auth"],
      reserved: [],
      foreignSources: new Set(),
      reportRuntime: () => undefined,
      pluginFailed: (error) => {
        throw error;
      },
    },
    new AbortController().signal,
  );
  const fault = fragment.findings.find(({ severity }) => severity === "error");
  if (fault !== undefined) throw new Error(`${fault.jsonPath}: ${fault.message}`);
  return fragment;
}

function policyBase<Rule>(
  name: string,
  schema: Policy<Rule>["schema"],
): Pick<Policy<Rule>, "contract" | "name" | "members" | "schema"> {
  return { contract: 2, name, members: [name], schema };
}

function ruleOf(requirements: Json): CompiledRule {
  return { decide: () => true, requirements };
}

function textsOf(requirements: Json): readonly string[] {
  return Array.isArray(requirements) ? requirements.filter((each) => typeof each === "string") : [];
}
