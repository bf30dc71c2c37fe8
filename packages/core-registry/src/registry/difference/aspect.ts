import { stripVTControlCharacters } from "node:util";
import type { Endpoint } from "../../contracts/protocol.ts";
import type { Change, ChangeLevel } from "../../contracts/report.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";

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

/** Whether two values are the same JSON, in whatever order the keys of its objects are. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  return JSON.stringify(one) === JSON.stringify(other) || canonicalJson(one) === canonicalJson(other);
}

/** A text of a service as one line that may be printed: no line ends, and no control characters that could steer a terminal. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\p{Cc}/gu, "\u{fffd}");
}
