import type { Broker } from "../../src/contracts/broker.ts";
import type { Claim, Compiled } from "../../src/contracts/protocol.ts";
import type { CompiledFragment } from "../../src/registry/discovery/compile-fragment.ts";
import type { Offer } from "../../src/registry/discovery/directory.ts";
import { fragmentPart } from "../../src/registry/discovery/fragment-routes.ts";
import { guardedLifecycle } from "../../src/runtime/boundary/lifecycle.ts";
import type { LoadedPart } from "../../src/runtime/boundary/load-protocol.ts";
import { emptyPolicyGate } from "../../src/runtime/connectors/policy-gate.ts";
import { hash128 } from "../../src/runtime/fragment/canonical.ts";
import { loadTools } from "./load.ts";

/** A broker that does nothing: for tests of what is pure. */
export const stillBroker: Broker = {
  contract: 2,
  name: "still",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
};

const plugin = { kind: "protocol", name: "T" } as const;

/** What a fragment of these tests says. */
export interface FragmentSpec {
  service: string;
  label?: string;
  branch?: string;
  claims?: readonly (string | Claim)[];
  faulty?: boolean;
}

/** A compiled fragment with claims of one protocol, `T`. */
export function fragmentOf({
  service,
  label = "1",
  branch = "master",
  claims = [],
  faulty = false,
}: FragmentSpec): CompiledFragment {
  const full = claims.map(
    (claim): Claim => (typeof claim === "string" ? { key: claim, jsonPath: `protocol.T.${claim}` } : claim),
  );
  const hash = hash128(JSON.stringify([service, label, full, faulty]));
  const compiled: Compiled = {
    claims: full.map((claim) => ({
      endpoint: { jsonPath: `protocol.T.${claim.key}`, fingerprint: `${service} ${label}` },
      ...claim,
    })),
  };
  const loaded: LoadedPart = {
    compiled,
    routes: [],
    lifecycle: guardedLifecycle(plugin, compiled, loadTools()),
  };
  const part = fragmentPart(
    loaded,
    { protocol: "T", service, hash, addFinding: () => undefined },
    () => label,
  );
  return {
    service,
    branch,
    hash,
    raw: {},
    gate: emptyPolicyGate,
    parts: faulty ? new Map() : new Map([["T", part]]),
    endpoints: part.endpoints,
    lifecycles: [],
    findings: faulty
      ? [{ severity: "error", code: "FRAGMENT_INVALID", jsonPath: "", message: "It is broken." }]
      : [],
  };
}

/** An offer of a fragment by a node. */
export function offerOf(
  fragment: CompiledFragment,
  node: string,
  revision = 0,
  state: Offer["state"] = "up",
): Offer {
  return {
    broker: stillBroker,
    precedence: 0,
    node: { id: node },
    description: { name: fragment.service, revision, actions: [], events: [], fragment: {} },
    fragment,
    state,
  };
}
