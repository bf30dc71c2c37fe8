import {
  type Directive,
  type ExportNamedDeclaration,
  parseSync,
  type Statement,
  type TSSignature,
} from "oxc-parser";
import type { SourceText } from "./repository.ts";

/** A declaration of TypeScript that can stand behind `export`. */
export type Declaration = NonNullable<ExportNamedDeclaration["declaration"]>;

/** A declaration that a file exports, with the offset where its statement begins. */
export interface Exported {
  readonly declaration: Declaration;
  /** The offset of the statement: a docstring stands directly above it. */
  readonly start: number;
}

/** A name that other files can see: of a declaration, or of a member of an exported interface or class. */
export interface ExportedName {
  readonly name: string;
  /** The name with its interface or class: `Runtime.note`. */
  readonly path: string;
  /** The line of the name, counted from 1. */
  readonly line: number;
  /** True for functions and methods, including members whose type is a function. */
  readonly callable: boolean;
}

/** Returns the declarations behind `export`, and those that an `export { name }` of the same file names. */
export function exportsOf(body: readonly (Directive | Statement)[]): Exported[] {
  const listed = new Set(
    body.flatMap((statement) =>
      statement.type === "ExportNamedDeclaration" && statement.source === null
        ? statement.specifiers.map(({ local }) => ("name" in local ? local.name : local.value))
        : [],
    ),
  );
  return body.flatMap((statement): Exported[] => {
    if (statement.type === "ExportNamedDeclaration")
      return statement.declaration === null
        ? []
        : [{ declaration: statement.declaration, start: statement.start }];
    if (statement.type === "ExportDefaultDeclaration")
      return "id" in statement.declaration && statement.declaration.type !== "ClassExpression"
        ? [{ declaration: statement.declaration as Declaration, start: statement.start }]
        : [];
    if (!isDeclaration(statement)) return [];
    return namesOf(statement).some((name) => listed.has(name))
      ? [{ declaration: statement, start: statement.start }]
      : [];
  });
}

/** Returns the names that a declaration introduces; `default` where it has none. */
export function namesOf(declaration: Declaration): string[] {
  if (declaration.type === "VariableDeclaration")
    return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id.name] : ["default"];
}

/**
 * Returns every name that a file exports, with the members of exported interfaces, object types and classes.
 */
export function exportedNames(file: SourceText): ExportedName[] {
  const { program } = parseSync(file.path, file.text);
  return exportsOf(program.body).flatMap(({ declaration, start }) => {
    const line = lineAt(file.text, start);
    const own = namesOf(declaration).map((name) => ({
      name,
      path: name,
      line,
      callable: isFunction(declaration),
    }));
    const members = membersOf(declaration).map((member) => ({
      ...member,
      path: `${namesOf(declaration)[0]}.${member.name}`,
      line: lineAt(file.text, member.start),
    }));
    return [...own, ...members];
  });
}

/** Returns the line of an offset in a text, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

interface Member {
  readonly name: string;
  readonly start: number;
  readonly callable: boolean;
}

function membersOf(declaration: Declaration): Member[] {
  if (declaration.type === "TSInterfaceDeclaration") return declaration.body.body.flatMap(signature);
  if (declaration.type === "TSTypeAliasDeclaration")
    return declaration.typeAnnotation.type === "TSTypeLiteral"
      ? declaration.typeAnnotation.members.flatMap(signature)
      : [];
  if (declaration.type !== "ClassDeclaration") return [];
  return declaration.body.body.flatMap((member) =>
    (member.type === "MethodDefinition" || member.type === "PropertyDefinition") &&
    member.key.type === "Identifier" &&
    member.accessibility !== "private"
      ? [{ name: member.key.name, start: member.start, callable: member.type === "MethodDefinition" }]
      : [],
  );
}

function signature(member: TSSignature): Member[] {
  if (member.type !== "TSPropertySignature" && member.type !== "TSMethodSignature") return [];
  if (member.key.type !== "Identifier") return [];
  const callable =
    member.type === "TSMethodSignature" || member.typeAnnotation?.typeAnnotation.type === "TSFunctionType";
  return [{ name: member.key.name, start: member.start, callable }];
}

function isFunction(declaration: Declaration): boolean {
  if (declaration.type === "FunctionDeclaration" || declaration.type === "TSDeclareFunction") return true;
  return (
    declaration.type === "VariableDeclaration" &&
    declaration.declarations.some(({ init }) => init?.type === "ArrowFunctionExpression")
  );
}

function isDeclaration(statement: Directive | Statement): statement is Declaration & Statement {
  return /Declaration$|^TSDeclareFunction$/.test(statement.type) && !/^(Import|Export)/.test(statement.type);
}
