import type { Endpoint, JsonObject } from "@tidegate/core-registry";
import { operationSecurity, ruleDescriptions } from "../endpoint/security.ts";
import type { Speech } from "./channel.ts";

/**
 * One direction of a channel as an AsyncAPI operation (3.0, 5.4). AsyncAPI can ask for a token, but not for scopes of one that is no
 * OAuth2 token, and not for "a token or none": the first stand in `x-scopes`, the second is left open.
 * @param channel the channel's name in the document
 * @param messages names of its messages
 */
export function operation(
  endpoint: Endpoint,
  { action, connector }: Speech,
  channel: string,
  messages: readonly string[],
): JsonObject {
  const alternatives = operationSecurity([connector]);
  const demanded = alternatives.length > 0 && alternatives.every((one) => "bearer" in one);
  const scopes = alternatives.flatMap(({ bearer }) =>
    Array.isArray(bearer) && bearer.length > 0 ? [bearer] : [],
  );
  const rules = ruleDescriptions([connector]);
  const at = `#/channels/${channel}`;
  return {
    action,
    channel: { $ref: at },
    title: endpoint.label,
    summary: endpoint.label,
    ...(endpoint.description !== undefined && { description: endpoint.description }),
    ...(endpoint.group !== undefined && { tags: [{ ...endpoint.group }] }),
    ...(demanded && { security: [{ $ref: "#/components/securitySchemes/bearer" }] }),
    messages: messages.map((name) => ({ $ref: `${at}/messages/${name}` })),
    ...(endpoint.deprecated === true && { "x-deprecated": true }),
    "x-service": endpoint.origin.service,
    "x-connectors": [
      { kind: connector.kind, ...(connector.events !== undefined && { events: connector.events }) },
    ],
    ...(rules.length > 0 && { "x-rules": rules }),
    ...(scopes.length > 0 && { "x-scopes": scopes }),
  };
}
