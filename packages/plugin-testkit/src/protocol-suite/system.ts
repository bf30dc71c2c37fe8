import type {
  Assembled,
  Compiled,
  CompileTools,
  Connector,
  ConnectorTable,
  Finding,
  Part,
  Protocol,
  Route,
  Scope,
  SubscribeConnector,
} from "@tidegate/core-registry";
import { silentLogger } from "@tidegate/core-registry";
import { compileFunction, compilePolicyGate, createConnectorTable } from "@tidegate/core-registry/runtime";
import { directoryOf } from "../directory.ts";
import { memoryBroker } from "../memory/broker.ts";
import type { MemoryBroker } from "../memory/types.ts";
import { requestScope } from "../scopes.ts";
import type { TestHandler, TestService } from "../service.ts";
import type { CheckContext } from "../suite/check.ts";
import { accepted } from "../suite/schema.ts";
import { type PartExample, type ProtocolSuite, sandboxOf, serviceOf } from "./driver.ts";
import { partProblem } from "./shape.ts";

/** A protocol with a broker in memory, as its parts are compiled and served. */
export interface ProtocolSystem {
  readonly suite: ProtocolSuite;
  readonly protocol: Protocol;
  readonly bus: MemoryBroker;
  /** Names of sources that a connector received although the protocol does not declare them. */
  readonly undeclared: Set<string>;
  /** Names of sources that a connector reads but did not receive. */
  readonly missing: Set<string>;
}

/** A compiled part with its findings. */
export interface TestedPart {
  readonly example: PartExample;
  readonly part: Part;
  readonly findings: readonly Finding[];
}

/**
 * Creates and starts a protocol, whose actions run on a broker in memory. All of it ends with the check.
 *
 * @param handler handles all actions; default: those of the suite
 */
export async function startedSystem(
  suite: ProtocolSuite,
  check: CheckContext,
  handler?: TestHandler,
): Promise<ProtocolSystem> {
  const protocol = suite.make();
  check.onEnd(() => protocol.dispose?.());
  check.clause("Opens what all fragments share. Called once, before the gateway merges.");
  await check.wait(
    Promise.try(() => protocol.start?.()),
    "start() of the protocol resolves",
  );
  return createSystem(suite, check, protocol, handler);
}

/** Connects a protocol, which the caller starts, with a broker in memory. */
export async function createSystem(
  suite: ProtocolSuite,
  check: CheckContext,
  protocol: Protocol,
  handler?: TestHandler,
): Promise<ProtocolSystem> {
  const bus = memoryBroker();
  const noEvents = { serviceUp: () => undefined, serviceDown: () => undefined, event: () => undefined };
  check.onEnd(() => bus.broker.stop());
  await bus.broker.start(noEvents);
  for (const service of servicesOf(suite, handler)) bus.node("n1").publish(service);
  return { suite, protocol, bus, undeclared: new Set(), missing: new Set() };
}

function servicesOf({ actions = {} }: ProtocolSuite, handler?: TestHandler): readonly TestService[] {
  const services = new Map<string, Record<string, TestHandler>>();
  for (const [name, own] of Object.entries(actions)) {
    const at = name.lastIndexOf(".");
    const service = services.get(name.slice(0, at)) ?? {};
    services.set(name.slice(0, at), { ...service, [name.slice(at + 1)]: handler ?? own });
  }
  return [...services].map(([name, own]) => ({ name, actions: own }));
}

/** Compiles an input that the schema has accepted, and fails where the result has a wrong shape. */
export async function compileInput(
  system: ProtocolSystem,
  check: CheckContext,
  input: unknown,
  service: string = serviceOf(0),
): Promise<Omit<TestedPart, "example">> {
  const findings: Finding[] = [];
  const tools = await compileTools(system, service, findings);
  check.clause(
    "Compiles the part of one fragment, within the time limit. Reports problems with `addFinding`.",
  );
  const text = JSON.stringify(input)?.slice(0, 150);
  const compiled: unknown = await check.wait(
    Promise.try(() => system.protocol.compile(input, tools)),
    `compile() returns a compiled part for ${text}`,
  );
  const problem = partProblem(compiled);
  check.ok(problem === undefined, `compile() returns a compiled part for ${text}`, problem);
  return { findings, part: { origin: tools.origin, compiled: compiled as Compiled, waiting: new Set() } };
}

/** Compiles and starts all example parts; each has a service of its own. Disposes them with the check. */
export async function compileParts(
  system: ProtocolSystem,
  check: CheckContext,
): Promise<readonly TestedPart[]> {
  const tested: TestedPart[] = [];
  for (const [index, example] of system.suite.parts.entries()) {
    const input = await accepted(check, system.protocol.schema, example.input, "part");
    const { part, findings } = await compileInput(system, check, input, serviceOf(index));
    check.onEnd(() => part.compiled.dispose?.());
    await check.wait(
      Promise.try(() => part.compiled.start?.()),
      "start() of the part resolves",
    );
    tested.push({ example, part, findings });
  }
  return tested;
}

/** Assembles parts; undefined where the protocol has no `assemble`. */
export async function assemble(
  { protocol }: ProtocolSystem,
  check: CheckContext,
  parts: readonly Part[],
  previous?: Assembled,
): Promise<Assembled | undefined> {
  if (protocol.assemble === undefined) return undefined;
  const findings: Finding[] = [];
  check.clause("Makes one whole of the parts of a branch, within the time limit.");
  const tools = {
    previous,
    addFinding: (_: unknown, finding: Finding) => void findings.push(finding),
    logger: silentLogger,
    signal: new AbortController().signal,
  };
  const assembled: unknown = await check.wait(
    Promise.try(() => protocol.assemble?.(parts, tools)),
    `assemble() of ${parts.length} parts resolves`,
  );
  const problem = partProblem(assembled);
  check.ok(problem === undefined, `assemble() of ${parts.length} parts returns an object`, problem);
  const errors = findings.filter(({ severity }) => severity === "error");
  check.equal(errors, [], "the list of errors of valid parts");
  return assembled as Assembled;
}

/** The routes of all parts, and those of the protocol itself. */
export async function servedRoutes(
  system: ProtocolSystem,
  check: CheckContext,
  parts: readonly TestedPart[],
): Promise<readonly Route[]> {
  const own = parts.flatMap(({ part }) => part.compiled.routes ?? []);
  const assembled = await assemble(
    system,
    check,
    parts.map(({ part }) => part),
  );
  return [...own, ...(assembled?.routes ?? [])];
}

/** Creates the scope of a request, whose calls go to the broker in memory. */
export function scopeOf({ suite, bus }: ProtocolSystem, parts: Partial<Scope> = {}): Scope {
  return requestScope(suite.context, { directory: directoryFor(suite, bus), ...parts });
}

function directoryFor({ actions = {}, parts }: ProtocolSuite, { broker }: MemoryBroker) {
  const declared = Object.fromEntries(Object.keys(actions).map((name) => [name, {}]));
  return directoryOf(
    broker,
    declared,
    parts.map((_, index) => serviceOf(index)),
  );
}

async function compileTools(
  system: ProtocolSystem,
  service: string,
  findings: Finding[],
): Promise<CompileTools> {
  const { suite, protocol, bus } = system;
  const origin = { service, hash: "a".repeat(32), jsonPath: `protocol.${protocol.name}` };
  const contexts = Object.keys(suite.context ?? {});
  const tools = {
    origin,
    sandbox: sandboxOf(suite),
    contexts,
    sources: protocol.sources ?? {},
    directory: directoryFor(suite, bus),
    addFinding: (finding: Finding) => void findings.push(finding),
    reportRuntime: () => undefined,
    console: () => undefined,
  };
  const gate = await compilePolicyGate(undefined, [], tools);
  return {
    origin,
    connectors: watched(system, createConnectorTable({ ...tools, gate })),
    compileFunction: (source, jsonPath) => compileFunction(source, jsonPath, tools),
    addFinding: tools.addFinding,
    reportRuntime: tools.reportRuntime,
    signal: new AbortController().signal,
  };
}

/** Notices the sources that connectors receive. */
function watched(system: ProtocolSystem, table: ConnectorTable): ConnectorTable {
  const note = (reads: readonly string[], sources: object): void => {
    const declared = Object.keys(system.protocol.sources ?? {});
    for (const name of Object.keys(sources)) if (!declared.includes(name)) system.undeclared.add(name);
    for (const name of reads) if (name !== "context" && !(name in sources)) system.missing.add(name);
  };
  return {
    compile: (endpoint, options) => {
      const connector = table.compile(endpoint, options);
      return connector && watchedConnector(connector, note);
    },
    subscribe: (config, options) => {
      const connector = table.subscribe(config, options);
      return connector && watchedSubscribe(connector, note);
    },
  };
}

type Note = (reads: readonly string[], sources: object) => void;

function watchedConnector(connector: Connector, note: Note): Connector {
  const { kind, description, reads } = connector;
  return {
    kind,
    description,
    reads,
    run: (scope, sources) => {
      note(reads, sources);
      return connector.run(scope, sources);
    },
    ...(connector.check && { check: (scope, sources) => connector.check?.(scope, sources) }),
  };
}

function watchedSubscribe(connector: SubscribeConnector, note: Note): SubscribeConnector {
  const { kind, description, reads } = connector;
  return {
    kind,
    description,
    reads,
    accept: (scope, sources) => {
      note(reads, sources);
      return connector.accept(scope, sources);
    },
  };
}
