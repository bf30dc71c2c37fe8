import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Change, ChangeLevel } from "../../contracts/report.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";

/** One difference between two versions of an endpoint. */
export interface ChangeDetail {
  /** Whether the difference can break clients. */
  readonly level: ChangeLevel;
  /** One sentence for the developer of the service. */
  readonly detail: string;
}

/** Creates the change of an endpoint from one of its differences. */
export function changeOf(plugin: string, endpoint: Endpoint, { level, detail }: ChangeDetail): Change {
  return { kind: "changed", plugin, label: endpoint.label, level, detail, service: endpoint.origin.service };
}

/** Whether two values are the same JSON. The order of keys does not matter. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  return JSON.stringify(one) === JSON.stringify(other) || canonicalJson(one) === canonicalJson(other);
}
