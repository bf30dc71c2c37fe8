import { nearestName, TidegateError } from "@tidegate/core-registry";
import { z } from "zod";

/** The key in a schema's metadata that marks an option whose feature this version does not have. */
export const laterMark = "x-not-in-this-version";

/**
 * A section of the configuration: an object of known options. Refuses unknown options and suggests a similar
 * one.
 */
export function section<Shape extends z.core.$ZodShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? unknownOptionsText(issue.keys, known) : undefined,
  });
}

/** The kind of plugin that third parties can put into an open section. */
export interface ThirdParty<Plugin> {
  /** For error messages: `a protocol plugin`. */
  readonly description: string;
  /** Accepts every value: `openSection` checks the value itself, because it knows the built-in options. */
  readonly schema: z.ZodType<Plugin, Plugin>;
}

/** Describes the plugins of third parties. @param description for error messages: `a protocol plugin` */
export function thirdParty<Plugin>(description: string): ThirdParty<Plugin> {
  return { description, schema: live<Plugin>(description, () => true) };
}

/**
 * A section with plugins of third parties beside the built-in options, under keys of their own. `false`
 * instead of a plugin switches it off; a name that is similar to that of a built-in option is refused then.
 */
export function openSection<Plugin, Shape extends z.core.$ZodShape>(
  shape: Shape,
  { description, schema }: ThirdParty<Plugin>,
): z.ZodObject<Shape, z.core.$catchall<z.ZodType<Plugin, Plugin>>> {
  const known = Object.keys(shape);
  return z
    .object(shape)
    .catchall(schema)
    .superRefine((options, context) => {
      for (const [name, value] of Object.entries(options)) {
        if (known.includes(name) || value === undefined) continue;
        const problem = thirdPartyProblem(name, value, known, description);
        if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
      }
    });
}

// `false` switches a plugin off without removing its line. Near a built-in name it is more likely a slip.
function thirdPartyProblem(
  name: string,
  value: unknown,
  known: readonly string[],
  description: string,
): string | undefined {
  if (value === false && nearestName(name, known) === undefined) return undefined;
  if (!isPlugin(value))
    return `${unknownOptionsText([name], known)} A plugin of a third party must be ${description}.`;
  const ownName: unknown = Reflect.get(value, "name");
  if (typeof ownName !== "string" || ownName === name) return undefined;
  return `The plugin \`${ownName}\` must stand under its own name, not under \`${name}\`.`;
}

/**
 * The options of a library, which are passed on unchanged. Checks only the names.
 * @param names all options of the library
 */
export function libraryOptions<Options extends object>(
  names: readonly string[],
): z.ZodType<Options, Options> {
  return live<Options>("an object", (value) => typeof value === "object" && value !== null).superRefine(
    (options, context) => {
      const unknown = Object.keys(options).filter((name) => !names.includes(name));
      if (unknown.length > 0)
        context.addIssue({ code: "custom", message: unknownOptionsText(unknown, names) });
    },
  );
}

/** An option of S15 whose feature this version does not have. It must be left out or `false`. */
export function later(feature: string): z.ZodOptional<z.ZodType<false, false>> {
  return z
    .custom<false>((value) => value === false, {
      error: `is for ${feature}, which this version does not have. Leave it out.`,
    })
    .optional()
    .meta({ [laterMark]: feature });
}

/**
 * An option whose value JSON cannot express: a plugin, a function, a key.
 * @param description for error messages: `a function`
 */
export function live<Value>(
  description: string,
  isValid: (value: unknown) => boolean,
): z.ZodType<Value, Value> {
  return z.custom<Value>(isValid, { error: `must be ${description}` });
}

/**
 * Whether a value is a plugin: an object with the number of a contract. `checkPlugin` checks the contract
 * itself.
 */
export function isPlugin<Plugin extends { readonly contract: 2 }>(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && "contract" in value;
}

/**
 * The error of an invalid configuration: every invalid option with its path, one per line.
 * @param source the name of the configuration's file
 */
export function configError(source: string, issues: readonly z.core.$ZodIssue[]): TidegateError {
  const lines = issues.flatMap(issueLines);
  const title = lines.length === 1 ? "An option is invalid" : `${lines.length} options are invalid`;
  return new TidegateError("CONFIG_INVALID", [`${title} in ${source}:`, ...lines].join("\n"));
}

function issueLines(issue: z.core.$ZodIssue): readonly string[] {
  const nested = issue.code === "invalid_union" ? issuesOfClosestMember(issue) : undefined;
  if (nested !== undefined)
    return nested.flatMap((inner) => issueLines({ ...inner, path: [...issue.path, ...inner.path] }));
  const path = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return [`  ${path === "" ? "the configuration" : path.replace(/^\./, "")}: ${issue.message}`];
}

/** The issues of the union's member that matched most deeply; undefined if every member failed at once. */
function issuesOfClosestMember(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const [closest] = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a));
  return closest !== undefined && depthOf(closest) > 0 ? closest : undefined;
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map((issue) => issue.path.length + Number(issue.code === "unrecognized_keys")),
  );
}

function unknownOptionsText(names: readonly string[], known: readonly string[]): string {
  return names
    .map((name) => {
      const similar = nearestName(name, known);
      const hint = similar === undefined ? `Known options: ${known.join(", ")}.` : `Did you mean ${similar}?`;
      return `Unknown option ${name}. ${hint}`;
    })
    .join(" ");
}
