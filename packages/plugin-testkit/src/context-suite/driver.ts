import { type ContextFactory, type HttpRequest, TidegateError } from "@tidegate/core-registry";
import { createCorrelation } from "@tidegate/core-registry/runtime";
import { httpRequest, type RequestParts } from "../request.ts";
import { contextOf } from "../scopes.ts";
import type { Check, CheckContext } from "../suite/check.ts";

/** A request with the value that the factory creates for it. */
export interface ContextExample {
  readonly request: RequestParts;
  /** What the value has, at any depth. Default: it is not compared. */
  readonly expect?: unknown;
  /** What the view has, at any depth. Default: it is not compared. */
  readonly view?: unknown;
  /** The code of the error, where `create` fails. Default: it does not fail. */
  readonly fails?: string;
}

/** A context factory under test, as `testContext` receives it. */
export interface ContextSuite {
  /** The title of the suite. Default: `the context NAME fulfils its contract`. */
  readonly name?: string;
  /** Creates the factory. Each check has one of its own. */
  readonly make: () => ContextFactory;
  readonly requests: readonly ContextExample[];
  /** Texts that no view contains as JSON, such as `token` or a secret of the examples. Default none. */
  readonly hidden?: readonly string[];
  /** Other context values that the factory reads. Default none. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Answers the calls of the factory. Default: no action is available. */
  readonly call?: (action: string, params: unknown) => unknown;
  /** The limit of each check in milliseconds. Default 5,000. */
  readonly timeout?: number;
}

/** A check of the contract of contexts. */
export type ContextCheck = Check<ContextSuite>;

/** Creates and starts a factory, and disposes it at the end of the check. */
export async function startedFactory(suite: ContextSuite, check: CheckContext): Promise<ContextFactory> {
  const factory = suite.make();
  check.onEnd(() => factory.dispose?.());
  check.clause("Opens what all values share. Called once, before the gateway serves requests.");
  await check.wait(
    Promise.try(() => factory.start?.()),
    "start() resolves",
  );
  return factory;
}

/** Calls `create` for a request. Rejects where it fails. */
export function create(suite: ContextSuite, factory: ContextFactory, request: HttpRequest): Promise<unknown> {
  const { call = unavailable } = suite;
  return Promise.try(() =>
    factory.create({
      request,
      requestId: createCorrelation(request).requestId,
      context: contextOf(suite.context),
      call: (action, params) => Promise.try(() => call(action, params)),
    }),
  );
}

function unavailable(action: string): never {
  throw new TidegateError("ACTION_UNAVAILABLE", `The test has no action ${action}.`);
}

/** A created value with its example. */
export interface CreatedValue {
  readonly example: ContextExample;
  readonly value: unknown;
}

/** Creates the values of all examples that do not fail, at once; closes them at the end of the check. */
export async function createValues(
  suite: ContextSuite,
  check: CheckContext,
  factory: ContextFactory,
): Promise<readonly CreatedValue[]> {
  const examples = suite.requests.filter(({ fails }) => fails === undefined);
  const created = examples.map(async (example) => {
    const value = await create(suite, factory, httpRequest(example.request));
    check.onEnd(() => factory.close?.(value));
    return { example, value };
  });
  check.clause("Creates the value.");
  return check.wait(Promise.all(created), "create() returns the value of each example");
}

/** Returns what functions, mappings and reports can read of a value. */
export function viewOf(factory: ContextFactory, value: unknown): unknown {
  return factory.view === undefined ? value : factory.view(value);
}
