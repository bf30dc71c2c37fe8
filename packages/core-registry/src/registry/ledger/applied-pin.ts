import type { Finding } from "../../contracts/report.ts";
import type { PinTarget } from "../contract.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import type { PinOrigin } from "./ledger.ts";

/** A pin that was set or removed, with what the branch served before and serves now. */
export interface AppliedPin {
  readonly target: PinTarget;
  /**
   * The id of a version, or the hash of a fragment where `target.service` is set; null: the pin was removed.
   */
  readonly to: string | null;
  readonly origin: PinOrigin;
  readonly before: CompiledVersion | undefined;
  readonly after: CompiledVersion | undefined;
}

/** Who set or removed a pin, as the end of a sentence: `by process 7 of alice on gateway-1 at 2026-...`. */
export function originText({ at, by, who }: PinOrigin): string {
  const caller = who === undefined ? "" : `by ${who} `;
  return `${caller}on the gateway ${by} at ${new Date(at).toISOString()}`;
}

/** The line of the log about a pin: what it holds, and what was served before and is served now. */
export function pinLogLine({ target, to, origin, before, after }: AppliedPin): string {
  const { branch, service } = target;
  const subject = service === undefined ? `branch ${branch}` : `service ${service} on branch ${branch}`;
  const nameIn = (version: CompiledVersion | undefined): string =>
    (service === undefined ? version?.version.name : version?.chosen.get(service)?.hash.slice(0, 8)) ??
    "nothing";
  const action = to === null ? "Removed the pin of" : "Pinned";
  const end = to === null ? "" : ` to ${to.slice(0, 8)}`;
  return `${action} ${subject}${end}: served ${nameIn(before)} before, ${nameIn(after)} now; ${originText(origin)}.`;
}

/**
 * Tells a service's developer that a pin changed what is served of the service.
 * @param fragment the hash of the fragment that is served now; undefined: nothing of the service
 */
export function pinFinding({ target, to, origin }: AppliedPin, fragment: string | undefined): Finding {
  const subject = target.service === undefined ? `the branch \`${target.branch}\`` : "this service";
  const served =
    fragment === undefined
      ? "Nothing of this service is served now"
      : `The fragment ${fragment.slice(0, 8)} of this service is served now`;
  if (to === null)
    return {
      severity: "info",
      code: "PIN_REMOVED",
      jsonPath: "",
      message: `An operator removed the pin of ${subject} ${originText(origin)}. ${served}.`,
    };
  return {
    severity: "warning",
    code: "FRAGMENT_PINNED",
    jsonPath: "",
    message: `An operator pinned ${subject} to ${to.slice(0, 8)} ${originText(origin)} (S9.4). ${served}.`,
    hint: "What your nodes publish is used when the operator removes the pin.",
  };
}
