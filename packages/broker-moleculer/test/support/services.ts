import type { JsonSchema } from "@tidegate/core-registry";
import type { TestAction, TestService } from "@tidegate/plugin-testkit";
import { tidegate } from "@tidegate/service-moleculer";
import type { Context, ServiceSchema } from "moleculer";

/** Translates a service of the test kit into a Moleculer service with the mixin. */
export function toMoleculer(service: TestService): ServiceSchema {
  const [, version, name = service.name] = /^(v\d+)\.(.+)$/.exec(service.name) ?? [];
  const { fragment, report, exposed = false } = service;
  return {
    name,
    ...(version !== undefined && { version }),
    // The mixin isolates the service of a branch; without it the service is exposed.
    ...(!exposed && {
      mixins: [tidegate(service.revision === undefined ? {} : { revision: service.revision })],
    }),
    metadata: { ...service.metadata, ...(fragment !== undefined && { api: fragment }) },
    actions: {
      ...Object.fromEntries(
        Object.entries(service.actions ?? {}).map(([short, action]) => [
          short,
          toAction(typeof action === "function" ? { handler: action } : action),
        ]),
      ),
      ...(report !== undefined && {
        $report: (context: Context) => {
          report(context.params as Parameters<typeof report>[0]);
        },
      }),
    },
    events: Object.fromEntries(
      Object.entries(service.events ?? {}).map(([pattern, listening]) => {
        const { group, handler } = typeof listening === "function" ? { handler: listening } : listening;
        const receive = (context: Context): void =>
          handler({
            event: context.eventName ?? "",
            payload: context.params,
            node: context.broker.nodeID,
            broadcast: context.eventType !== "emit",
          });
        return [pattern, { ...(group !== undefined && { group }), handler: receive }];
      }),
    ),
  };
}

function toAction({ params, description, published, handler }: TestAction): object {
  return {
    ...(params !== undefined && { params: rulesOf(params) }),
    ...(description !== undefined && { description }),
    ...(published === false && { visibility: "public" }),
    handler: (context: Context) =>
      handler?.({
        action: context.action?.name ?? "",
        node: context.broker.nodeID,
        params: context.params as Readonly<Record<string, unknown>>,
        meta: context.meta as Readonly<Record<string, unknown>>,
        ...(context.stream && { stream: context.stream as import("node:stream").Readable }),
      }) ?? null,
  };
}

/** The inverse of `paramsSchema`, for the few schemas of the broker suite. */
function rulesOf({ properties = {}, required = [] }: JsonSchema): Record<string, object> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type, items }]) => [
      name,
      {
        type,
        ...(items !== undefined && { items: items.type }),
        ...(!required.includes(name) && { optional: true }),
      },
    ]),
  );
}
