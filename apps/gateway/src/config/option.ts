import { nearestName } from "@tidegate/core-registry";
import { z } from "zod";

/** Where a schema says that its option belongs to a feature that this version does not have. */
export const laterMark = "x-not-in-this-version";

/**
 * A section of the configuration: an object of known options. An unknown one is an error that names it and the
 * nearest right one.
 */
export function section<Shape extends z.core.$ZodShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? unknownText(issue.keys, known) : undefined),
  });
}

/** What a third party may put into an open section. */
export interface ThirdParty<Plugin> {
  /** For people: `a protocol plugin`. */
  readonly what: string;
  /** Takes anything: the section tells what is none. */
  readonly schema: z.ZodType<Plugin, Plugin>;
}

/** Plugins of third parties. @param what for people: `a protocol plugin` */
export function thirdParty<Plugin>(what: string): ThirdParty<Plugin> {
  return { what, schema: live<Plugin>(what, () => true) };
}

/** A section where plugins of third parties stand beside our options, by names of their own. */
export function openSection<Plugin, Shape extends z.core.$ZodShape>(
  shape: Shape,
  { what, schema }: ThirdParty<Plugin>,
): z.ZodObject<Shape, z.core.$catchall<z.ZodType<Plugin, Plugin>>> {
  const known = Object.keys(shape);
  return z
    .object(shape)
    .catchall(schema)
    .superRefine((options, context) => {
      for (const [name, value] of Object.entries(options)) {
        if (known.includes(name) || isPlugin(value) || value === undefined) continue;
        const message = `${unknownText([name], known)} A third party's must be ${what}.`;
        context.addIssue({ code: "custom", message });
      }
    });
}

/**
 * The options of a library, handed on as they are: only their names are looked at.
 * @param names all that it has
 */
export function handedOn<Options extends object>(names: readonly string[]): z.ZodType<Options, Options> {
  return live<Options>("an object", (value) => typeof value === "object" && value !== null).superRefine(
    (options, context) => {
      const unknown = Object.keys(options).filter((name) => !names.includes(name));
      if (unknown.length > 0) context.addIssue({ code: "custom", message: unknownText(unknown, names) });
    },
  );
}

/** An option that the tree of S15 names and whose feature is not in this version: leaving it out, or `false`, is right. */
export function later(feature: string): z.ZodOptional<z.ZodType<false, false>> {
  return z
    .custom<false>((value) => value === false, {
      error: `is for ${feature}, which this version does not have. Leave it out.`,
    })
    .optional()
    .meta({ [laterMark]: feature });
}

/**
 * An option that holds what JSON cannot say: a plugin, a function, a key.
 * @param what it must be, for the error
 */
export function live<Value>(what: string, fits: (value: unknown) => boolean): z.ZodType<Value, Value> {
  return z.custom<Value>(fits, { error: `must be ${what}` });
}

/** Whether a value is a plugin: an object with a contract's number. `checkPlugin` says the rest. */
export function isPlugin<Plugin extends { readonly contract: 1 }>(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && "contract" in value;
}

function unknownText(names: readonly string[], known: readonly string[]): string {
  return names
    .map((name) => {
      const meant = nearestName(name, known);
      const hint = meant === undefined ? `There are ${known.join(", ")}.` : `Did you mean ${meant}?`;
      return `There is no option ${name} here. ${hint}`;
    })
    .join(" ");
}
