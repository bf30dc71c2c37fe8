import { fullName } from "@tidegate/service-moleculer/wire";

/** A fragment that a module exports. */
export interface ExportedFragment {
  /** The service that publishes it; undefined where the module exports the fragment alone. */
  readonly service?: string;
  /** The fragment as it would reach the gateway: JSON. */
  readonly fragment: unknown;
  /** The keys from the default export to the fragment, outermost first. */
  readonly keys: readonly string[];
}

/** The members of which a fragment has at least one. */
const fragmentMembers = ["protocol", "policy", "branch", "format"];

/**
 * Finds the fragments in the default export of a module: a fragment, a Moleculer service schema with
 * `metadata.api` or with a mixin that has it, or a list of these.
 *
 * @param exported the namespace of the module
 * @throws {Error} where there is none; the message continues the sentence `FILE ...`
 */
export function findFragments(exported: Readonly<Record<string, unknown>>): readonly ExportedFragment[] {
  const value = defaultExport(exported);
  if (value === undefined) throw new Error(noDefaultExport(Object.keys(exported)));
  if (!Array.isArray(value)) return [fragmentOf(value, [])];
  if (value.length === 0) throw new Error("exports an empty list by default.");
  return value.map((each: unknown, index) => fragmentOf(each, [String(index)]));
}

/** CommonJS modules that TypeScript wrote have a second `default` inside of the first. */
function defaultExport({ default: value }: Readonly<Record<string, unknown>>): unknown {
  const isNested = isObject(value) && value.__esModule === true;
  return isNested ? value.default : value;
}

function noDefaultExport(names: readonly string[]): string {
  const others = names.filter((name) => name !== "default" && name !== "module.exports");
  const found = others.length === 0 ? "" : ` It exports ${others.map((name) => `\`${name}\``).join(", ")}.`;
  return `has no default export.${found} Export the fragment, or the schema of the service, by default.`;
}

function fragmentOf(value: unknown, keys: readonly string[]): ExportedFragment {
  const place = keys.length === 0 ? "exports" : `exports at index ${keys.join(".")}`;
  if (!isObject(value))
    throw new Error(`${place} ${describe(value)}, which is neither a fragment nor the schema of a service.`);
  const api = apiOf(value, keys);
  if (api !== undefined) {
    const service = serviceName(value);
    return { ...(service !== undefined && { service }), ...api, fragment: toJson(api.fragment) };
  }
  if (fragmentMembers.some((member) => Object.hasOwn(value, member)))
    return { fragment: toJson(value), keys };
  if (typeof value.name !== "string")
    throw new Error(`${place} an object that is neither a fragment nor the schema of a service.`);
  throw new Error(
    `${place} the schema of the service \`${value.name}\`, which publishes no fragment. ` +
      "Add the mixin `tidegate({ api })`.",
  );
}

/** The fragment of a schema, else that of its first mixin that has one: Moleculer merges in this order. */
function apiOf(
  schema: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Pick<ExportedFragment, "fragment" | "keys"> | undefined {
  const { metadata, mixins } = schema;
  if (isObject(metadata) && metadata.api !== undefined)
    return { fragment: metadata.api, keys: [...keys, "metadata", "api"] };
  const list = Array.isArray(mixins) ? mixins.entries() : [[undefined, mixins] as const];
  for (const [index, mixin] of list) {
    const path = [...keys, "mixins", ...(index === undefined ? [] : [String(index)])];
    const api = isObject(mixin) ? apiOf(mixin, path) : undefined;
    if (api !== undefined) return api;
  }
  return undefined;
}

function serviceName({ name, version, settings }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  const hasPrefix = !(isObject(settings) && settings.$noVersionPrefix === true);
  const isVersion = typeof version === "string" || typeof version === "number";
  return fullName({ name, version: hasPrefix && isVersion ? version : undefined });
}

function toJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "function" ? "a function" : `a ${typeof value}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
