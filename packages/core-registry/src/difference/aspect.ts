import type { Change, ChangeLevel } from "../contracts/change.ts";
import type { Endpoint } from "../contracts/protocol.ts";

/** One thing about an endpoint that differs. */
export interface Aspect {
  /** Whether a client can be hurt. */
  readonly level: ChangeLevel;
  /** What exactly, one sentence. */
  readonly detail: string;
}

/** An endpoint's aspect as a change. */
export function changed(plugin: string, endpoint: Endpoint, { level, detail }: Aspect): Change {
  return { kind: "changed", plugin, label: endpoint.label, level, detail, service: endpoint.origin.service };
}
