import type { FunctionProblem } from "@tidegate/core-registry";
import {
  type ArrowFunctionExpression,
  type FunctionExpression,
  type Program,
  parse,
  tokenizer,
  tokTypes,
} from "acorn";
import { asyncHint, notAFunctionHint, syntaxHint } from "./hints.ts";
import { problemAt } from "./problem.ts";

/** The longest text, in UTF-16 units. */
export const longestSource: number = 64 * 1024;

const methodStarts = new Set([tokTypes.name, tokTypes.star, tokTypes.string]);

/** The node of a function that can run. */
export type FunctionNode = ArrowFunctionExpression | FunctionExpression;

/** A function's text, parsed. */
export interface ParsedFunction {
  /** The text as it was written. */
  readonly source: string;
  /** The script that makes the function: exactly what was parsed, so that parser and engine cannot disagree. */
  readonly script: string;
  /** How many units stand in the script before the text. */
  readonly offset: number;
  /** The script, parsed. */
  readonly program: Program;
  /** The function in it. */
  readonly node: FunctionNode;
}

/** Parses a text: a function, or what is wrong with it. */
export function parseFunction(source: string): ParsedFunction | FunctionProblem {
  if (source.length > longestSource)
    return problemAt(source.slice(0, 200), 0, {
      severity: "error",
      code: "FUNCTION_SYNTAX",
      message: `The text is ${source.length} characters long; at most ${longestSource} are read`,
      hint: "Move the work into an action.",
    });
  const expression = attempt(source, '"use strict";(', "\n)");
  if ("program" in expression) return functionOf(source, expression);
  if (!beginsLikeMethod(source)) return syntaxProblem(source, expression);
  const method = attempt(source, '"use strict";({', "\n})");
  if ("program" in method) return methodOf(source, method);
  return syntaxProblem(source, expression.stopped >= method.stopped ? expression : method);
}

/** By a name, a word, a string or a star; no regular expression here: the text may be made to exhaust one. */
function beginsLikeMethod(source: string): boolean {
  try {
    const { type } = tokenizer(source, { ecmaVersion: "latest" }).getToken();
    return methodStarts.has(type) || type.keyword !== undefined;
  } catch {
    return false;
  }
}

interface Attempt {
  readonly script: string;
  readonly offset: number;
  readonly program: Program;
}

interface Stop {
  readonly stopped: number;
  readonly message: string;
}

/** Parses the text within what is around it when it runs. A semicolon at its end is forgiven. */
function attempt(source: string, before: string, after: string): Attempt | Stop {
  const script = before + withoutEnd(source) + after;
  try {
    const program = parse(script, { ecmaVersion: "latest", sourceType: "script", ranges: true });
    return { script, offset: before.length, program };
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { stopped: 0, message: "The text is nested too deep" };
    const stopped = "pos" in error ? Number(error.pos) - before.length : 0;
    return { stopped, message: error.message.replace(/ \(\d+:\d+\)$/, "") };
  }
}

function withoutEnd(source: string): string {
  const trimmed = source.trimEnd();
  return trimmed.endsWith(";") ? trimmed.slice(0, -1) : trimmed;
}

function functionOf(source: string, attempted: Attempt): ParsedFunction | FunctionProblem {
  const [, statement, more] = attempted.program.body;
  const at = (statement?.start ?? 0) - attempted.offset;
  if (statement?.type !== "ExpressionStatement" || more)
    return syntaxProblem(source, {
      stopped: (more?.start ?? attempted.offset) - attempted.offset,
      message: "The text goes on after the function's end",
    });
  const node = statement.expression;
  if (node.type !== "ArrowFunctionExpression" && node.type !== "FunctionExpression")
    return notAFunction(source, at);
  return plainFunction({ source, ...attempted, node }, node.start);
}

function methodOf(source: string, attempted: Attempt): ParsedFunction | FunctionProblem {
  const [, statement, more] = attempted.program.body;
  if (statement?.type !== "ExpressionStatement" || more) return notAFunction(source, 0);
  const object = statement.expression;
  if (object.type !== "ObjectExpression" || object.properties.length !== 1) return notAFunction(source, 0);
  const [property] = object.properties;
  if (property?.type !== "Property" || !property.method || property.computed) return notAFunction(source, 0);
  const { key, value } = property;
  if (value.type !== "FunctionExpression") return notAFunction(source, 0);
  const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : undefined;
  if (name === undefined) return notAFunction(source, 0);
  const script = `${attempted.script}[${JSON.stringify(name)}]`;
  return plainFunction({ source, ...attempted, script, node: value }, property.start);
}

function plainFunction(parsed: ParsedFunction, start: number): ParsedFunction | FunctionProblem {
  const { source, node, offset } = parsed;
  if (!node.async && !node.generator) return parsed;
  return problemAt(source, start - offset, {
    severity: "error",
    code: "FUNCTION_ASYNC",
    message: `The function is ${node.generator ? "a generator" : "async"}; it must return its value at once`,
    hint: asyncHint,
  });
}

function notAFunction(source: string, offset: number): FunctionProblem {
  return problemAt(source, offset, {
    severity: "error",
    code: "FUNCTION_NOT_A_FUNCTION",
    message: "The text is not one function",
    hint: notAFunctionHint,
  });
}

function syntaxProblem(source: string, { stopped, message }: Stop): FunctionProblem {
  const offset = Math.min(Math.max(0, stopped), source.length);
  const hint = syntaxHint(source, offset);
  return problemAt(source, offset, { severity: "error", code: "FUNCTION_SYNTAX", message, hint });
}
