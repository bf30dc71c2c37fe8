import type { DirectorySnapshot, Endpoint, Json, JsonObject, Version } from "@tidegate/core-registry";
import { compare, documentNames, type Names } from "../endpoint/names.ts";
import { type PathTemplate, pathTemplates } from "../endpoint/paths.ts";
import { operation } from "./operation.ts";
import { components } from "./responses.ts";

interface Paths {
  /** Template and operations by shape. */
  readonly byShape: Map<string, { readonly path: PathTemplate; readonly operations: Record<string, Json> }>;
  readonly names: Names;
}

/**
 * The HTTP endpoints of a version as an OpenAPI 3.1 document (S14.1), without `servers`: the same for every way to ask for it.
 * @param directory what actions declare to take
 */
export function openApiDocument(version: Version, directory: DirectorySnapshot): JsonObject {
  const paths: Paths = { byShape: new Map(), names: documentNames() };
  for (const endpoint of version.endpoints) addEndpoint(paths, endpoint, directory);
  const items = [...paths.byShape.values()].sort((a, b) => compare(a.path.template, b.path.template));
  return {
    openapi: "3.1.1",
    info: { title: `API of branch ${directory.branch}`, version: version.name },
    tags: tagsOf(version.endpoints),
    paths: Object.fromEntries(items.map(({ path, operations }) => [path.template, operations])),
    components,
  };
}

function addEndpoint(paths: Paths, endpoint: Endpoint, directory: DirectorySnapshot): void {
  const { http } = endpoint;
  if (http === undefined) return;
  for (const path of pathTemplates(http.path)) {
    const item = paths.byShape.get(path.shape) ?? { path, operations: {} };
    paths.byShape.set(path.shape, item);
    const method = http.method.toLowerCase();
    // OpenAPI knows one operation for a method and a shape; of two that differ in a pattern, the first one stands.
    if (method in item.operations) continue;
    item.operations[method] = operation({
      endpoint,
      method: http.method,
      path,
      names: item.path.parameters.map(({ name }) => name),
      operationId: paths.names.unique(`${method} ${path.template}`),
      declared: (action) => directory.action(action)?.params,
    });
  }
}

function tagsOf(endpoints: readonly Endpoint[]): readonly JsonObject[] {
  const groups = new Map<string, JsonObject>();
  for (const { http, group } of endpoints) {
    if (http === undefined || group === undefined || groups.get(group.name)?.description !== undefined)
      continue;
    groups.set(group.name, { ...group });
  }
  return [...groups.values()].sort((a, b) => compare(String(a.name), String(b.name)));
}
