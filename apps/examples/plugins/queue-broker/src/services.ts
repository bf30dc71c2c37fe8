import type { ActionDescription, JsonObject, JsonSchema, ServiceDescription } from "@tidegate/core-registry";

/** A service that registers with the queue. */
export interface QueueService {
  /** The full name, such as `player`. */
  readonly name: string;
  readonly metadata?: JsonObject;
  /** What the service adds to the API (S1). */
  readonly fragment?: unknown;
  /** Of two fragments of a service, the one with the higher number is newer. */
  readonly revision?: number;
  /** True: callers of other branches reach the service too (S13.1). Default false. */
  readonly exposed?: boolean;
  /** Actions by their short names: `get` of `player` is `player.get`. */
  readonly actions?: Readonly<Record<string, QueueAction>>;
  /** Listeners by event name or pattern. All of them belong to the group with the service's name. */
  readonly events?: Readonly<Record<string, (event: QueueEvent) => void>>;
}

/** An action: what the service declares, and the handler that runs. */
export interface QueueAction {
  /** An object schema, which is declared and not checked. */
  readonly params?: JsonSchema;
  readonly description?: string;
  /** False: fragments cannot map the action. Default true. */
  readonly published?: boolean;
  readonly handler: (call: QueueCall) => unknown;
}

/** A call as its handler receives it. */
export interface QueueCall {
  readonly action: string;
  /** The id of the worker that runs the action. */
  readonly node: string;
  readonly params: unknown;
  /** The stream beside the params, where there is one. */
  readonly stream: unknown;
  readonly branch: string;
  /** When the gateway stops waiting for the answer: milliseconds since the epoch. */
  readonly deadline: number | undefined;
  /** Aborts when the answer is not needed any more. */
  readonly signal: AbortSignal;
}

/** An event as a listener receives it. */
export interface QueueEvent {
  readonly event: string;
  readonly payload: unknown;
  readonly broadcast: boolean;
  /** The id of the worker that received the event. */
  readonly node: string;
}

/** Finds an action by its full name. The names come from outside, so only own members count. */
export function findAction(
  services: ReadonlyMap<string, QueueService>,
  name: string,
): QueueAction | undefined {
  const dot = name.lastIndexOf(".");
  const actions = services.get(name.slice(0, dot))?.actions ?? {};
  const short = name.slice(dot + 1);
  return Object.hasOwn(actions, short) ? actions[short] : undefined;
}

/** Describes a service for the gateway. */
export function describeService({ actions = {}, events = {}, ...service }: QueueService): ServiceDescription {
  const described = Object.entries(actions).map(([short, { handler: _, ...action }]): ActionDescription => {
    return { name: `${service.name}.${short}`, ...action };
  });
  return { ...service, actions: described, events: Object.keys(events) };
}
