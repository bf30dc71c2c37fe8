import { type CallExpression, type Expression, type Node, parseSync, Visitor } from "oxc-parser";
import type { SourceText } from "./repository.ts";

const suites = new Set(["bench", "describe", "it", "suite", "test"]);
const switches = new Set(["only", "runIf", "skip", "skipIf", "todo"]);

/**
 * Returns one line for each test that is focused or switched off, and for each wait for time instead of an
 * event. A test that cannot run on this machine calls `context.skip(reason)`.
 */
export function mannerFaults(file: SourceText): string[] {
  const faults: string[] = [];
  const fault = (node: Node, message: string): void => {
    faults.push(`${file.path}:${file.text.slice(0, node.start).split("\n").length}: ${message}`);
  };
  const textOf = (node: Node): string => file.text.slice(node.start, node.end);
  const resolvers: string[] = [];
  new Visitor({
    MemberExpression: (node) => {
      if (node.property.type !== "Identifier" || !switches.has(node.property.name)) return;
      if (suites.has(rootOf(node.object) ?? "")) fault(node, `.${node.property.name} switches tests off`);
    },
    ImportDeclaration: (node) => {
      if (/^(node:)?timers\/promises$/.test(node.source.value))
        fault(node, "waits for time: timers/promises");
    },
    NewExpression: (node) => {
      const resolver = resolverOf(node);
      if (resolver !== undefined) resolvers.push(resolver);
    },
    "NewExpression:exit": (node) => {
      if (resolverOf(node) !== undefined) resolvers.pop();
    },
    VariableDeclarator: ({ id, init }) => {
      if (id.type === "ObjectPattern" && init && textOf(init).startsWith("Promise.withResolvers"))
        resolvers.push("resolve");
    },
    CallExpression: (node) => {
      if (node.callee.type !== "Identifier" || node.callee.name !== "setTimeout") return;
      const called = calledBy(node);
      if (called !== undefined && resolvers.includes(called)) fault(node, "waits for time: setTimeout");
    },
  }).visit(parseSync(file.path, file.text).program);
  return faults;
}

/** Returns the first name of `a.b.c` or of `a.b(...).c`. */
function rootOf(expression: Node): string | undefined {
  if (expression.type === "Identifier") return expression.name;
  if (expression.type === "MemberExpression") return rootOf(expression.object);
  return expression.type === "CallExpression" ? rootOf(expression.callee) : undefined;
}

/** Returns the name of the parameter that settles a `new Promise(...)`. */
function resolverOf(node: {
  readonly callee: Expression;
  readonly arguments: readonly Node[];
}): string | undefined {
  if (node.callee.type !== "Identifier" || node.callee.name !== "Promise") return undefined;
  const executor = node.arguments[0];
  if (executor?.type !== "ArrowFunctionExpression" && executor?.type !== "FunctionExpression")
    return undefined;
  const first = executor.params[0];
  return first?.type === "Identifier" ? first.name : undefined;
}

/**
 * Returns the only function that a `setTimeout` calls, as in `setTimeout(done, 5)` or
 * `setTimeout(() => done(), 5)`.
 */
function calledBy(node: CallExpression): string | undefined {
  const callback = node.arguments[0];
  if (callback?.type === "Identifier") return callback.name;
  if (callback?.type !== "ArrowFunctionExpression" || callback.body.type !== "CallExpression")
    return undefined;
  return callback.body.callee.type === "Identifier" ? callback.body.callee.name : undefined;
}
