import type { Change } from "../contracts/change.ts";
import type { Endpoint } from "../contracts/protocol.ts";
import { type Aspect, changed } from "./aspect.ts";
import { connectorsDifference } from "./connectors.ts";
import { essenceAspects, essenceMembers } from "./fingerprint.ts";
import type { EndpointPair, Pairing, Unpaired } from "./pairing.ts";
import { type Holders, pathAspects, pathOf, renamedParameters } from "./path.ts";

/** What differs between the endpoints of a protocol that does not tell it itself. */
export function endpointChanges(plugin: string, { kept, added, removed, holders }: Pairing): Change[] {
  return [
    ...added.map((one) => unpairedChange(plugin, one, "added")),
    ...removed.map((one) => unpairedChange(plugin, one, "removed")),
    ...kept.flatMap((pair) =>
      pairAspects(pair, holders).map((aspect) => changed(plugin, pair.after, aspect)),
    ),
  ];
}

function unpairedChange(plugin: string, { endpoint, instead }: Unpaired, kind: "added" | "removed"): Change {
  const { label, origin } = endpoint;
  const common = { kind, plugin, label, service: origin.service };
  const level = kind === "added" ? "safe" : "breaking";
  if (instead === undefined) return { ...common, level };
  const time = kind === "added" ? ["was", "before"] : ["is", "now"];
  const other = `\`${instead.endpoint.label}\``;
  return instead.how === "part"
    ? { ...common, level: "dangerous", detail: `It ${time[0]} a part of ${other} ${time[1]}.` }
    : { ...common, level, detail: `It ${time[0]} ${other} ${time[1]}.` };
}

function pairAspects({ before, after }: EndpointPair, holders: () => Holders): readonly Aspect[] {
  const from = before.origin.service;
  const to = after.origin.service;
  const moved: Aspect[] =
    from === to
      ? []
      : [{ level: "dangerous", detail: `It is of the service \`${to}\` now, no longer of \`${from}\`.` }];
  return before.fingerprint === after.fingerprint
    ? moved
    : [...moved, ...essentialAspects(before, after, holders)];
}

function essentialAspects(before: Endpoint, after: Endpoint, holders: () => Holders): readonly Aspect[] {
  const connectors = connectorsDifference(
    before.connectors,
    after.connectors,
    renamedParameters(before, after),
  );
  const aspects = [...pathAspects(before, after, holders), ...connectors.aspects];
  const [was, is] = [essenceMembers(before.fingerprint), essenceMembers(after.fingerprint)];
  if (was === undefined || is === undefined)
    return aspects.length > 0 ? aspects : [{ level: "dangerous", detail: "Its definition differs." }];
  const isPath = was.path === pathOf(before) && is.path === pathOf(after);
  const told = new Set([...connectors.told, ...(isPath ? ["path"] : [])]);
  const all = [...aspects, ...essenceAspects(was, is, told)];
  return all.length > 0
    ? all
    : [{ level: "safe", detail: "It is written in another way, and does the same." }];
}
