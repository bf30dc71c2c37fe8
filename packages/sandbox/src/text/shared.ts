import { TidegateError } from "@tidegate/core-registry";
import { checkFunction } from "./check.ts";
import type { Purity } from "./purity.ts";

/** The operator's `util`, ready to travel. */
export interface SharedScript {
  /** An expression that makes it. */
  readonly script: string;
  /** What is sure of its functions, all taken together. */
  readonly purity: Purity;
}

const pure: Purity = { sync: true, volatile: false };
const deepest = 20;

/**
 * Writes `util` as text: data as JSON, functions as their own text (S11.1).
 *
 * @throws {TidegateError} `CONFIG_INVALID` with the place, where a function is not self-contained or a value is no data
 */
export function shareScript(util: Readonly<Record<string, unknown>>): SharedScript {
  let purity = pure;

  const write = (value: unknown, path: string, depth: number): string => {
    if (depth > deepest) throw refused(path, `is nested deeper than ${deepest} levels`);
    if (typeof value === "function") return writeFunction(String(value), path);
    if (value === null || typeof value !== "object") return writeValue(value, path);
    if (Array.isArray(value))
      return `[${value.map((item, index) => write(item, `${path}[${index}]`, depth + 1)).join(",")}]`;
    const members = Object.entries(value).map(
      ([name, member]) => `[${JSON.stringify(name)}]:${write(member, `${path}.${name}`, depth + 1)}`,
    );
    return `{${members.join(",")}}`;
  };

  const writeFunction = (source: string, path: string): string => {
    const { check, parsed } = checkFunction(source, pure);
    const problem = check.problems.find(({ code }) => code !== "FUNCTION_PARAMETERS");
    if (parsed === undefined || problem !== undefined)
      throw refused(path, [problem?.message, problem?.hint, problem?.frame].filter(Boolean).join("\n"));
    purity = { sync: purity.sync && check.sync, volatile: purity.volatile || check.volatile };
    return inner(parsed.script);
  };

  const script = write(util, "util", 0);
  return { script: `(${script})`, purity };
}

/** The script without its directive: strict mode comes from around it. */
function inner(script: string): string {
  return script.slice(script.indexOf(";") + 1);
}

function writeValue(value: unknown, path: string): string {
  if (value === undefined) return "undefined";
  const json = JSON.stringify(value);
  if (json === undefined) throw refused(path, `is a ${typeof value}: only data and functions can travel`);
  return json;
}

function refused(path: string, why: string): TidegateError {
  return new TidegateError("CONFIG_INVALID", `The sandbox's option ${path}: ${why}`);
}
