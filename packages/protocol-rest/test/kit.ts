import { Readable } from "node:stream";
import type {
  Body,
  Broker,
  CallRequest,
  Compiled,
  DirectorySnapshot,
  Finding,
  HttpRequest,
  HttpRoute,
  JsonSchema,
  PublishRequest,
  Reply,
} from "@tidegate/core-registry";
import { compilePolicyGate, createConnectorTable, createScope } from "@tidegate/core-registry/runtime";
import { directoryOf, knownFunctions } from "@tidegate/plugin-testkit";
import { rest } from "../src/index.ts";
import type { RestInput } from "../src/schema.ts";

/** The request of a test. */
export interface Sent {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string | readonly string[]>;
  readonly body?: Partial<Body>;
}

/** A minimal gateway: one service, one broker, the REST part of one fragment. */
export function bench(answer: (request: CallRequest) => unknown = ({ params }) => params) {
  const calls: CallRequest[] = [];
  const sent: PublishRequest[] = [];
  const broker: Broker = {
    contract: 2,
    name: "test",
    start: async () => undefined,
    stop: async () => undefined,
    call: async (_, request) => {
      calls.push(request);
      return answer(request);
    },
    publish: async (_, request) => void sent.push(request),
  };
  const sandbox = knownFunctions();
  const findings: Finding[] = [];
  const reports: Finding[] = [];
  const reads: string[] = [];
  const origin = { service: "player", hash: "a".repeat(32), jsonPath: "protocol.REST" };

  const compile = async (input: RestInput, actions: Record<string, JsonSchema> = {}) => {
    const declared = Object.entries(actions).map(([name, params]) => [name, { params }]);
    const directory = directoryOf(broker, Object.fromEntries(declared), ["player"]);
    const tools = {
      origin,
      sandbox,
      contexts: [],
      directory,
      addFinding: (finding: Finding) => void findings.push(finding),
      reportRuntime: (finding: Finding) => void reports.push(finding),
      console: () => undefined,
    };
    const gate = await compilePolicyGate(undefined, [], tools);
    const protocol = rest();
    const compiled = await protocol.compile(input, {
      ...tools,
      connectors: createConnectorTable({ ...tools, sources: protocol.sources ?? {}, gate }),
      compileFunction: () => undefined,
      signal: new AbortController().signal,
    });
    return { compiled, directory };
  };

  const request = (method: string, given: Sent): HttpRequest => ({
    method,
    url: "/",
    path: "/",
    base: "",
    params: Object.assign(Object.create(null), given.params),
    get query() {
      reads.push("query");
      return Object.assign(Object.create(null), given.query);
    },
    header: () => undefined,
    headers: [],
    body: { ...noBody, ...given.body },
    peer: { address: "127.0.0.1", encrypted: false },
  });

  /** Runs one route. */
  const run = async (route: HttpRoute, directory: DirectorySnapshot, given: Sent = {}): Promise<Reply> => {
    const http = request(route.method, given);
    const scope = createScope({
      branch: "master",
      version: "0".repeat(32),
      base: "",
      directory,
      request: http,
      factories: new Map(),
    });
    try {
      return await route.handle(http, scope);
    } finally {
      scope.end();
    }
  };

  /** Compiles one route and runs it. */
  const answerOf = async (
    route: object,
    given: Sent = {},
    actions: Record<string, JsonSchema> = {},
  ): Promise<Reply> => {
    const input = { basePath: "/p", routes: [{ method: "GET", path: "/x", ...route }] } as RestInput;
    const { compiled, directory } = await compile(input, actions);
    return run(routeOf(compiled), directory, given);
  };

  return { calls, sent, sandbox, findings, reports, reads, compile, run, answerOf };
}

/** The first route of a part. */
export function routeOf(compiled: Compiled, index = 0): HttpRoute {
  const route = compiled.routes?.[index];
  if (route?.kind !== "http") throw new Error("No such route.");
  return route;
}

const refuse = (): never => {
  throw new Error("The body was not read as its type.");
};

const noBody: Body = {
  type: undefined,
  json: refuse,
  text: refuse,
  form: refuse,
  parts: refuse,
  raw: refuse,
};

/** A JSON body. */
export function json(value: unknown): Partial<Body> {
  return { type: "application/json", json: async () => value };
}

/** A binary body. */
export function bytes(type: string, text: string): Partial<Body> {
  return { type, raw: () => Readable.from([text]) };
}
