import type { Broker } from "../../src/contracts/broker.ts";
import type { Claim, Compiled } from "../../src/contracts/protocol.ts";
import type { CompiledFragment } from "../../src/registry/discovery/compile-fragment.ts";
import type { Offer } from "../../src/registry/discovery/directory.ts";
import { emptyPolicyGate } from "../../src/runtime/connectors/policy-gate.ts";
import { hash128 } from "../../src/runtime/fragment/canonical.ts";

/** A broker that does nothing: for tests of what is pure. */
export const stillBroker: Broker = {
  contract: 2,
  name: "still",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
};

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
    claims: full,
    endpoints: full.map(({ key }) => ({
      protocol: "T",
      key,
      label: key,
      connectors: [],
      origin: { service, hash, jsonPath: `protocol.T.${key}` },
      fingerprint: `${service} ${label}`,
    })),
  };
  return {
    service,
    branch,
    hash,
    raw: {},
    gate: emptyPolicyGate,
    parts: faulty ? new Map() : new Map([["T", compiled]]),
    endpoints: compiled.endpoints,
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
