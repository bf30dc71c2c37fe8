import { TidegateError } from "@tidegate/core-registry";
import { checkFunction } from "./check.ts";
import type { Purity } from "./purity.ts";

/** The operator's `util` as a script that the sandbox can run. */
export interface UtilScript {
  /** An expression that evaluates to `util`. */
  readonly script: string;
  /** Purity of all its functions together. */
  readonly purity: Purity;
}

const pure: Purity = { sync: true, volatile: false };
const maxDepth = 20;

/**
 * Serialises `util`: data as JSON, functions as their source (S11.1).
 *
 * @throws {TidegateError} `CONFIG_INVALID` with the path where a function is not self-contained or a value is
 * not data
 */
export function serializeUtil(util: Readonly<Record<string, unknown>>): UtilScript {
  let purity = pure;

  const serialize = (value: unknown, path: string, depth: number): string => {
    if (depth > maxDepth) throw invalidUtil(path, `is nested deeper than ${maxDepth} levels`);
    if (typeof value === "function") return serializeFunction(String(value), path);
    if (value === null || typeof value !== "object") return serializePrimitive(value, path);
    if (Array.isArray(value))
      return `[${value.map((item, index) => serialize(item, `${path}[${index}]`, depth + 1)).join(",")}]`;
    const members = Object.entries(value).map(
      ([name, member]) => `[${JSON.stringify(name)}]:${serialize(member, `${path}.${name}`, depth + 1)}`,
    );
    return `{${members.join(",")}}`;
  };

  const serializeFunction = (source: string, path: string): string => {
    const { check, parsed } = checkFunction(source, pure);
    const problem = check.problems.find(({ code }) => code !== "FUNCTION_PARAMETERS");
    if (parsed === undefined || problem !== undefined)
      throw invalidUtil(path, [problem?.message, problem?.hint, problem?.frame].filter(Boolean).join("\n"));
    purity = { sync: purity.sync && check.sync, volatile: purity.volatile || check.volatile };
    return withoutDirective(parsed.script);
  };

  const script = `(${serialize(util, "util", 0)})`;
  return { script, purity };
}

/** Removes `"use strict";`: the prelude around the script is strict already. */
function withoutDirective(script: string): string {
  return script.slice(script.indexOf(";") + 1);
}

function serializePrimitive(value: unknown, path: string): string {
  if (value === undefined) return "undefined";
  const json = JSON.stringify(value);
  if (json === undefined) throw invalidUtil(path, `is a ${typeof value}; use only data and functions`);
  return json;
}

function invalidUtil(path: string, reason: string): TidegateError {
  return new TidegateError("CONFIG_INVALID", `The sandbox's option ${path}: ${reason}`);
}
