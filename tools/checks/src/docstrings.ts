import {
  type Comment,
  type Directive,
  type ExportNamedDeclaration,
  parseSync,
  type Statement,
} from "oxc-parser";
import type { SourceText } from "./repository.ts";

type Declaration = NonNullable<ExportNamedDeclaration["declaration"]>;

interface Exported {
  readonly declaration: Declaration;
  /** Where the statement begins that a docstring stands above. */
  readonly start: number;
}

/** The exported declarations, and the members of exported interfaces, that have no docstring directly above, a line each. */
export function missingDocstrings(file: SourceText): string[] {
  const { program, comments } = parseSync(file.path, file.text);
  const documented = new Set<string>();
  const missing: string[] = [];
  const expect = (start: number, name: string): void => {
    if (isDocumented(file.text, comments, start)) documented.add(name);
    else if (!documented.has(name)) missing.push(`${file.path}:${lineAt(file.text, start)}: ${name}`);
  };
  for (const { declaration, start } of exportsOf(program.body)) {
    for (const name of namesOf(declaration)) expect(start, name);
    if (declaration.type === "TSInterfaceDeclaration")
      for (const member of declaration.body.body)
        expect(member.start, `${declaration.id.name}.${memberName(file.text, member)}`);
  }
  return missing;
}

/** Declarations behind `export`, and those that an `export { name }` of the same file names. */
function exportsOf(body: readonly (Directive | Statement)[]): Exported[] {
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

function isDeclaration(statement: Directive | Statement): statement is Declaration & Statement {
  return /Declaration$|^TSDeclareFunction$/.test(statement.type) && !/^(Import|Export)/.test(statement.type);
}

function namesOf(declaration: Declaration): string[] {
  if (declaration.type === "VariableDeclaration")
    return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id.name] : ["default"];
}

function memberName(text: string, member: { readonly start: number; readonly end: number }): string {
  return (
    text
      .slice(member.start, member.end)
      .match(/^(?:readonly\s+)?([\w$]+|\[[^\]]*\]|"[^"]*")/)
      ?.at(1) ?? "(call)"
  );
}

/** A block comment that begins with two stars, says something, and has at most line comments between it and the declaration. */
function isDocumented(text: string, comments: readonly Comment[], start: number): boolean {
  const above = comments.filter((comment) => comment.end <= start).reverse();
  let end = start;
  for (const comment of above) {
    if (text.slice(comment.end, end).trim() !== "") return false;
    if (comment.type === "Block") return comment.value.startsWith("*") && /\w/.test(comment.value);
    end = comment.start;
  }
  return false;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
