import { existsSync, statSync } from "node:fs";
import { dirname, resolve as resolvePath } from "node:path";
import type { AnyNode, CallExpression, Identifier, Node, ObjectExpression, Property } from "acorn";
import { childNodes, readSource, type SourceFile } from "./parse.ts";

/** A node of a source file. A `Program` stands for what the module exports. */
export interface SourceNode {
  readonly source: SourceFile;
  readonly node: Node;
}

/** A member of an object, or an element of a list, as it is written. */
export interface SourceMember {
  /** Where it begins: the key of a member, the element itself. */
  readonly key: SourceNode;
  readonly value: SourceNode;
}

/** How many variables, imports and spreads are followed for one place. */
const maxSteps = 50;

/** Follows names and imports of relative paths to what they stand for; returns the node where that ends. */
export function resolveNode(start: SourceNode, steps = 0): SourceNode {
  const next = steps < maxSteps ? nextNode(start, steps) : undefined;
  return next === undefined ? start : resolveNode(next, steps + 1);
}

/** The member of an object or module, or the element of a list; undefined where it is not certain. */
export function memberOf(start: SourceNode, key: string, steps = 0): SourceMember | undefined {
  const { source, node } = resolveNode(start, steps);
  const any = node as AnyNode;
  if (any.type === "ObjectExpression") return propertyOf({ source, node }, any, key, steps);
  if (any.type === "ArrayExpression") {
    const index = Number(key);
    const element = any.elements[index];
    const isCertain = any.elements.slice(0, index + 1).every((each) => each?.type !== "SpreadElement");
    if (!isCertain || element === undefined || element === null) return undefined;
    return { key: { source, node: element }, value: { source, node: element } };
  }
  if (any.type !== "Program") return undefined;
  const exported = exportOf({ source, node }, any.body, key);
  return exported && { key: exported, value: exported };
}

function propertyOf(
  { source }: SourceNode,
  { properties }: ObjectExpression,
  key: string,
  steps: number,
): SourceMember | undefined {
  for (const property of properties.toReversed()) {
    if (property.type === "Property") {
      if (keyOf(property) === key)
        return { key: { source, node: property.key }, value: { source, node: property.value } };
    } else if (steps < maxSteps) {
      const spread = memberOf({ source, node: property.argument }, key, steps + 1);
      if (spread !== undefined) return spread;
    }
  }
  return undefined;
}

/** The name of a property; undefined where it is computed. */
export function keyOf({ key, computed }: Property): string | undefined {
  if (computed) return undefined;
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" ? String(key.value) : undefined;
}

function nextNode(start: SourceNode, steps: number): SourceNode | undefined {
  const { source } = start;
  const node = start.node as AnyNode;
  switch (node.type) {
    case "Identifier":
      return variable(source, node);
    case "CallExpression":
      return calledWith(source, node);
    case "MemberExpression": {
      const { property, computed } = node;
      if (computed || property.type !== "Identifier") return undefined;
      return memberOf({ source, node: node.object }, property.name, steps + 1)?.value;
    }
    default:
      return undefined;
  }
}

/** `require("./api.json")` stands for what that file exports, `Object.freeze(api)` for `api`. */
function calledWith(
  source: SourceFile,
  { callee, arguments: [first] }: CallExpression,
): SourceNode | undefined {
  if (first === undefined) return undefined;
  if (callee.type === "Identifier" && callee.name === "require")
    return first.type === "Literal" ? moduleAt(source, first.value) : undefined;
  const isFreeze =
    callee.type === "MemberExpression" &&
    callee.object.type === "Identifier" &&
    callee.object.name === "Object" &&
    callee.property.type === "Identifier" &&
    callee.property.name === "freeze";
  return isFreeze ? { source, node: first } : undefined;
}

/** What the only variable or import of a name stands for. Two variables of one name are not told apart. */
function variable(source: SourceFile, { name }: Identifier): SourceNode | undefined {
  const found = declarations(source, source.root, name);
  return found.length === 1 ? found[0] : undefined;
}

function declarations(source: SourceFile, parent: Node, name: string): SourceNode[] {
  return childNodes(parent).flatMap((child): SourceNode[] => {
    const node = child as AnyNode;
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.id.name === name)
      return node.init ? [{ source, node: node.init }] : [];
    if (node.type === "ImportDeclaration") {
      const specifier = node.specifiers.find(({ local }) => local.name === name);
      const module = specifier && moduleAt(source, node.source.value);
      if (specifier === undefined || module === undefined) return [];
      if (specifier.type === "ImportNamespaceSpecifier") return [module];
      const imported = specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : "default";
      const exported = memberOf(module, imported);
      return [exported?.value ?? module];
    }
    return declarations(source, node, name);
  });
}

const extensions = ["", ".ts", ".js", ".json", ".mts", ".mjs", ".cts", ".cjs", "/index.ts", "/index.js"];

/** The module of a relative path. The default export of a JSON file is the whole file. */
function moduleAt(source: SourceFile, specifier: unknown): SourceNode | undefined {
  if (typeof specifier !== "string" || !/^\.{1,2}(\/|$)/.test(specifier)) return undefined;
  const path = resolvePath(dirname(source.path), specifier);
  const typescript = path.replace(/\.([cm]?)js$/, ".$1ts");
  const file = [...extensions.map((extension) => path + extension), typescript].find(
    (each) => existsSync(each) && statSync(each).isFile(),
  );
  const module = file === undefined ? undefined : readSource(file);
  return module && { source: module, node: module.root };
}

type Statements = Extract<AnyNode, { type: "Program" }>["body"];

function exportOf({ source }: SourceNode, body: Statements, name: string): SourceNode | undefined {
  for (const statement of body) {
    if (statement.type === "ExportDefaultDeclaration" && name === "default")
      return { source, node: statement.declaration };
    if (statement.type === "ExportNamedDeclaration") {
      const exported = namedExport(source, statement, name);
      if (exported !== undefined) return exported;
    }
  }
  return commonJsExport(source, body, name);
}

type NamedExport = Extract<AnyNode, { type: "ExportNamedDeclaration" }>;

function namedExport(source: SourceFile, statement: NamedExport, name: string): SourceNode | undefined {
  const { declaration, specifiers, source: from } = statement;
  if (declaration?.type === "VariableDeclaration") {
    const declarator = declaration.declarations.find(
      ({ id }) => id.type === "Identifier" && id.name === name,
    );
    return declarator?.init ? { source, node: declarator.init } : undefined;
  }
  const specifier = specifiers.find(({ exported }) => nameOf(exported) === name);
  if (specifier === undefined) return undefined;
  if (!from) return { source, node: specifier.local };
  const module = moduleAt(source, from.value);
  return module && memberOf(module, nameOf(specifier.local))?.value;
}

/** `module.exports = ...` is the default export, `exports.NAME = ...` and its members are the named ones. */
function commonJsExport(source: SourceFile, body: Statements, name: string): SourceNode | undefined {
  let whole: SourceNode | undefined;
  for (const statement of body) {
    if (statement.type !== "ExpressionStatement" || statement.expression.type !== "AssignmentExpression")
      continue;
    const { left, right } = statement.expression;
    const target = source.text.slice(left.start, left.end);
    if (target === `exports.${name}` || target === `module.exports.${name}`) return { source, node: right };
    if (target === "module.exports") whole = { source, node: right };
  }
  if (whole === undefined || name === "default") return whole;
  return memberOf(whole, name)?.value;
}

function nameOf(node: Node): string {
  const name = node as AnyNode;
  if (name.type === "Identifier") return name.name;
  return name.type === "Literal" ? String(name.value) : "";
}
