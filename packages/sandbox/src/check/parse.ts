import type { FunctionProblem } from "@tidegate/core-registry";
import {
  type ArrowFunctionExpression,
  type FunctionExpression,
  type Program,
  parse,
  tokenizer,
  tokTypes,
} from "acorn";
import { asyncHint, notAFunctionHint, problemAt, syntaxHint } from "./problems.ts";

/** Maximum length of a source, in UTF-16 units. */
export const maxSourceLength: number = 64 * 1024;

const methodStarts = new Set([tokTypes.name, tokTypes.star, tokTypes.string]);

/** The syntax node of a function that can run. */
export type FunctionNode = ArrowFunctionExpression | FunctionExpression;

/** A function's source, parsed, with the script that evaluates to it. */
export interface ParsedFunction {
  /** The text as the developer wrote it. */
  readonly source: string;
  /**
   * The script that evaluates to the function: exactly what was parsed, so that parser and engine cannot
   * disagree.
   */
  readonly script: string;
  /** UTF-16 units in the script before the source. */
  readonly offset: number;
  readonly program: Program;
  readonly node: FunctionNode;
}

/**
 * Parses the source of one arrow function, function or method. Returns the problem where it is something
 * else.
 */
export function parseFunction(source: string): ParsedFunction | FunctionProblem {
  if (source.length > maxSourceLength)
    return problemAt(source.slice(0, 200), 0, {
      severity: "error",
      code: "FUNCTION_SYNTAX",
      message: `The source has ${source.length} characters; the maximum is ${maxSourceLength}`,
      hint: "Move the work into an action.",
    });
  const expression = parseWithin(source, '"use strict";(', "\n)");
  if ("program" in expression) return functionOf(source, expression);
  if (!startsLikeMethod(source)) return syntaxProblem(source, expression);
  const method = parseWithin(source, '"use strict";({', "\n})");
  if ("program" in method) return methodOf(source, method);
  return syntaxProblem(source, expression.stoppedAt >= method.stoppedAt ? expression : method);
}

/**
 * Tests the first token, without a regular expression: a hostile source could make one backtrack for long.
 */
function startsLikeMethod(source: string): boolean {
  try {
    const { type } = tokenizer(source, { ecmaVersion: "latest" }).getToken();
    return methodStarts.has(type) || type.keyword !== undefined;
  } catch {
    return false;
  }
}

interface ParsedScript {
  readonly script: string;
  readonly offset: number;
  readonly program: Program;
}

interface ParseFailure {
  /** The offset in the source at which the parser stopped. */
  readonly stoppedAt: number;
  readonly message: string;
}

/** Parses the source inside of the code that surrounds it when it runs. Ignores one semicolon at its end. */
function parseWithin(source: string, before: string, after: string): ParsedScript | ParseFailure {
  const script = before + withoutSemicolon(source) + after;
  try {
    const program = parse(script, { ecmaVersion: "latest", sourceType: "script", ranges: true });
    return { script, offset: before.length, program };
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { stoppedAt: 0, message: "The source is nested too deeply" };
    const stoppedAt = "pos" in error ? Number(error.pos) - before.length : 0;
    return { stoppedAt, message: error.message.replace(/ \(\d+:\d+\)$/, "") };
  }
}

function withoutSemicolon(source: string): string {
  const trimmed = source.trimEnd();
  return trimmed.endsWith(";") ? trimmed.slice(0, -1) : trimmed;
}

function functionOf(source: string, parsed: ParsedScript): ParsedFunction | FunctionProblem {
  const [, statement, more] = parsed.program.body;
  const start = (statement?.start ?? 0) - parsed.offset;
  if (statement?.type !== "ExpressionStatement" || more)
    return syntaxProblem(source, {
      stoppedAt: (more?.start ?? parsed.offset) - parsed.offset,
      message: "Unexpected code after the end of the function",
    });
  const node = statement.expression;
  if (node.type !== "ArrowFunctionExpression" && node.type !== "FunctionExpression")
    return notAFunction(source, start);
  return synchronousFunction({ source, ...parsed, node }, node.start);
}

function methodOf(source: string, parsed: ParsedScript): ParsedFunction | FunctionProblem {
  const [, statement, more] = parsed.program.body;
  if (statement?.type !== "ExpressionStatement" || more) return notAFunction(source, 0);
  const object = statement.expression;
  if (object.type !== "ObjectExpression" || object.properties.length !== 1) return notAFunction(source, 0);
  const [property] = object.properties;
  if (property?.type !== "Property" || !property.method || property.computed) return notAFunction(source, 0);
  const { key, value } = property;
  if (value.type !== "FunctionExpression") return notAFunction(source, 0);
  const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : undefined;
  if (name === undefined) return notAFunction(source, 0);
  const script = `${parsed.script}[${JSON.stringify(name)}]`;
  return synchronousFunction({ source, ...parsed, script, node: value }, property.start);
}

function synchronousFunction(parsed: ParsedFunction, start: number): ParsedFunction | FunctionProblem {
  const { source, node, offset } = parsed;
  if (!node.async && !node.generator) return parsed;
  return problemAt(source, start - offset, {
    severity: "error",
    code: "FUNCTION_ASYNC",
    message: `The function is ${node.generator ? "a generator" : "async"}; it must be synchronous`,
    hint: asyncHint,
  });
}

function notAFunction(source: string, offset: number): FunctionProblem {
  return problemAt(source, offset, {
    severity: "error",
    code: "FUNCTION_NOT_A_FUNCTION",
    message: "The source is not a function",
    hint: notAFunctionHint,
  });
}

function syntaxProblem(source: string, { stoppedAt, message }: ParseFailure): FunctionProblem {
  const offset = Math.min(Math.max(0, stoppedAt), source.length);
  const hint = syntaxHint(source, offset);
  return problemAt(source, offset, { severity: "error", code: "FUNCTION_SYNTAX", message, hint });
}
