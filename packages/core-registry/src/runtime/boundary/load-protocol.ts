import { checkPlugin } from "../../contracts/define-plugin.ts";
import type {
  Assembled,
  AssembleTools,
  Compiled,
  CompileTools,
  Documents,
  DocumentsInput,
  Part,
  Protocol,
  ProtocolSources,
  ProtocolVersion,
} from "../../contracts/protocol.ts";
import type { Change } from "../../contracts/report.ts";
import type { Route } from "../../contracts/route.ts";
import { isUnder, parsePattern } from "../routing/pattern.ts";
import { assembledProblem, changesProblem, compiledProblem, documentsProblem } from "./compiled-shape.ts";
import { callPlugin, callPluginNow, type PluginName, pluginError } from "./guard.ts";
import { guardedSchema } from "./guarded-schema.ts";
import { guardedLifecycle, type Lifecycle, type LoadTools } from "./lifecycle.ts";

/** A protocol behind the plugin boundary: every member is wrapped, every default is filled in. */
export interface LoadedProtocol extends Pick<Protocol, "contract" | "name" | "schema"> {
  readonly sources: ProtocolSources;
  readonly reserved: readonly string[];
  readonly lifecycle: Lifecycle;
  /** @throws {TidegateError} `PLUGIN_FAILED` */
  fingerprint(input: unknown): unknown;
  /** @throws {TidegateError} `PLUGIN_FAILED`; then the part must not be used */
  compile(input: unknown, tools: CompileTools): Promise<LoadedPart>;
  /** Undefined where the protocol only has the routes of its parts. */
  readonly assemble: AssembleParts | undefined;
  /** Undefined where the core compares the endpoints. Returns undefined where the plugin failed. */
  readonly diff:
    | ((before: ProtocolVersion, after: ProtocolVersion) => readonly Change[] | undefined)
    | undefined;
  /** Returns no documents where the protocol failed. */
  documents(version: ProtocolVersion, input: DocumentsInput): Promise<Documents>;
}

/** @throws {TidegateError} `PLUGIN_FAILED`, where the parts cannot be made one whole */
export type AssembleParts = (
  parts: readonly Part[],
  tools: Omit<AssembleTools, "signal">,
) => Promise<Assembled>;

/** The compiled part of one fragment behind the plugin boundary. */
export interface LoadedPart {
  readonly compiled: Compiled;
  readonly routes: readonly Route[];
  readonly lifecycle: Lifecycle;
}

const noRoutes: readonly Route[] = [];

/**
 * Puts a protocol behind the plugin boundary (S17).
 * @throws {TidegateError} `PLUGIN_INVALID` where it does not implement its contract
 */
export function loadProtocol(protocol: Protocol, tools: LoadTools): LoadedProtocol {
  checkPlugin("protocol", protocol);
  const plugin: PluginName = { kind: "protocol", name: protocol.name };
  const { limit } = tools;
  // Bound, since a plugin can be an instance of a class.
  const fingerprint = protocol.fingerprint?.bind(protocol) ?? ((input: unknown) => input);
  const assemble = protocol.assemble?.bind(protocol);
  const diff = protocol.diff?.bind(protocol);
  const documents = protocol.documents?.bind(protocol);
  return {
    contract: protocol.contract,
    name: protocol.name,
    schema: guardedSchema(plugin, protocol.schema, tools),
    sources: protocol.sources ?? {},
    reserved: [...(protocol.reserved ?? [])],
    lifecycle: guardedLifecycle(plugin, protocol, tools),
    fingerprint: (input) => callPluginNow(plugin, "fingerprint", () => fingerprint(input), anything),
    compile: async (input, { signal: _, ...compileTools }) => {
      const compiled = await callPlugin(
        plugin,
        "compile",
        limit,
        (signal) => protocol.compile(input, { ...compileTools, signal }),
        compiledProblem,
      );
      const lifecycle = guardedLifecycle(plugin, compiled, tools);
      return { compiled, routes: compiled.routes ?? noRoutes, lifecycle };
    },
    assemble: assemble && guardedAssemble(plugin, assemble, protocol.reserved ?? [], tools),
    diff: diff && guardedDiff(plugin, diff, tools),
    documents: async (version, input) => {
      if (documents === undefined) return {};
      try {
        return await callPlugin(
          plugin,
          "documents",
          limit,
          () => documents(version, input),
          documentsProblem,
        );
      } catch (error) {
        tools.failed(error);
        return {};
      }
    },
  };
}

function guardedAssemble(
  plugin: PluginName,
  assemble: NonNullable<Protocol["assemble"]>,
  reserved: readonly string[],
  { limit }: LoadTools,
): AssembleParts {
  return async (parts, tools) => {
    const assembled = await callPlugin(
      plugin,
      "assemble",
      limit,
      (signal) => assemble(parts, { ...tools, signal }),
      assembledProblem,
    );
    const outside = assembled.routes?.find(({ path }) => !isReserved(path, reserved));
    if (outside === undefined) return assembled;
    const paths = reserved.length === 0 ? "it reserves none" : `it reserves ${reserved.join(", ")}`;
    throw pluginError(
      plugin,
      "assemble",
      `its route ${outside.path} is not below a path that the protocol reserves: ${paths}.`,
    );
  };
}

function guardedDiff(
  plugin: PluginName,
  diff: NonNullable<Protocol["diff"]>,
  tools: LoadTools,
): NonNullable<LoadedProtocol["diff"]> {
  return (before, after) => {
    try {
      return callPluginNow(plugin, "diff", () => diff(before, after), changesProblem);
    } catch (error) {
      tools.failed(error);
      return undefined;
    }
  };
}

function isReserved(path: string, reserved: readonly string[]): boolean {
  const { pattern } = parsePattern(path);
  return pattern !== undefined && isUnder(pattern, reserved) !== undefined;
}

function anything(): undefined {
  return undefined;
}
