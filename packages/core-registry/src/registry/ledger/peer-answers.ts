import type { Branch } from "../branches/branch.ts";
import type { Branches } from "../branches/branches.ts";
import type { GatewayStatus } from "../contract.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { Fragments } from "../discovery/fragment-store.ts";
import { isTagOf } from "../versions/compiled-version.ts";
import type { ExchangeAnswers, SharedPin } from "./exchange.ts";
import type { LedgerData } from "./ledger.ts";

/** What the answers are made of. */
export interface PeerAnswersOptions {
  /** The gateway's name. */
  readonly gateway: string;
  readonly branches: Branches;
  readonly discovery: Discovery;
  readonly fragments: Fragments;
  /** When this gateway began to serve, in milliseconds since the epoch; undefined before. */
  readonly serving: { readonly since: number | undefined };
  /** Applies a pin that another gateway made. */
  followPin(pin: SharedPin): Promise<void>;
}

/** What this gateway answers when other gateways of the same system ask (S9.4). */
export function createPeerAnswers(options: PeerAnswersOptions): ExchangeAnswers {
  const { gateway, branches, discovery, fragments, serving } = options;
  return {
    ledgers: (): LedgerData | undefined =>
      serving.since === undefined
        ? undefined
        : {
            contract: 1,
            gateway,
            since: serving.since,
            branches: new Map(branches.all().map(({ name, ledger }) => [name, ledger])),
            revisions: discovery.revisions(),
          },
    fragments: (hashes) => hashes.flatMap((hash) => fragments.byHash(hash) ?? []),
    recipe: (name, id) => recipeOf(branches.get(name), id),
    pinned: options.followPin,
    versions: (): GatewayStatus => ({
      gateway,
      versions: Object.fromEntries(
        branches.all().flatMap((branch): [string, string][] => {
          const id = branch.served?.version.id ?? branch.versions[0]?.id;
          return id === undefined ? [] : [[branch.name, id]];
        }),
      ),
    }),
  };
}

// A branch can be pinned to a version of another gateway, which is not one of its own versions.
function recipeOf(branch: Branch | undefined, id: string): readonly string[] | undefined {
  const kept = branch?.versions.find((version) => isTagOf(id, version.id))?.recipe;
  if (kept !== undefined) return kept.map(({ hash }) => hash);
  const served = branch?.served;
  if (served === undefined || !isTagOf(id, served.version.id)) return undefined;
  return [...served.chosen.values()].map(({ hash }) => hash);
}
