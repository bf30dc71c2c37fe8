import { type ASTNode, type DocumentNode, visit } from "graphql";
import { fieldKey, implementsKey, memberKey, typeKey, valueKey } from "../definitions/claims.ts";
import { isExtension, type TypeNodes, typeNodesOf } from "../definitions/definition.ts";

const keyOf: Readonly<Record<string, (type: string, name: string) => string>> = {
  fields: fieldKey,
  types: memberKey,
  values: valueKey,
  interfaces: implementsKey,
};

/** The definitions of a document without those that wait (S5.8). */
export function prune(document: DocumentNode, waiting: ReadonlySet<string>): readonly TypeNodes[] {
  const nodes = typeNodesOf(document);
  return waiting.size === 0 ? nodes : nodes.flatMap((node) => pruneNode(node, waiting));
}

function pruneNode(node: TypeNodes, waiting: ReadonlySet<string>): TypeNodes[] {
  const type = node.name.value;
  if (!isExtension(node) && waiting.has(typeKey(type))) return [];
  const kept = visit(node, {
    enter: (child: ASTNode, _key, _parent, path) => {
      if (path.length === 0) return undefined;
      const key = keyOf[String(path[0])];
      const name = "name" in child ? child.name?.value : undefined;
      const waits =
        path.length === 2 && name !== undefined && key !== undefined && waiting.has(key(type, name));
      return waits ? null : false;
    },
  });
  return isExtension(kept) && isEmpty(kept) ? [] : [kept];
}

function isEmpty(node: TypeNodes): boolean {
  const parts = [
    "fields" in node ? node.fields : undefined,
    "types" in node ? node.types : undefined,
    "values" in node ? node.values : undefined,
    "interfaces" in node ? node.interfaces : undefined,
    node.directives,
  ];
  return parts.every((part) => part === undefined || part.length === 0);
}
