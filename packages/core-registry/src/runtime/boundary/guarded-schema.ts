import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DescribedSchema } from "../../contracts/json.ts";
import { describeValue } from "../values.ts";
import { callPlugin, callPluginNow, type PluginName, reasonOf } from "./guard.ts";
import type { LoadTools } from "./lifecycle.ts";

/** The code of an issue and a finding that a plugin causes, and not the fragment. */
export const pluginFailed = "PLUGIN_FAILED";

/**
 * Wraps the schema of a plugin. A check that throws, returns no result of Standard Schema or is too late
 * becomes an issue at the root, which refuses the part. A JSON Schema that cannot be made describes nothing.
 */
export function guardedSchema<Output>(
  plugin: PluginName,
  schema: DescribedSchema<Output>,
  tools: LoadTools,
): DescribedSchema<Output> {
  const standard = schema["~standard"];
  const validate = async (value: unknown): Promise<StandardSchemaV1.Result<Output>> => {
    try {
      return await callPlugin(plugin, "schema", tools.limit, () => standard.validate(value), resultProblem);
    } catch (error) {
      tools.failed(error);
      return { issues: [failureIssue(error)] };
    }
  };
  const describe = (): Record<string, unknown> => {
    try {
      const target = { target: "draft-2020-12" } as const;
      return callPluginNow(plugin, "schema", () => standard.jsonSchema.input(target), jsonSchemaProblem);
    } catch (error) {
      tools.failed(error);
      return {};
    }
  };
  return {
    "~standard": {
      version: 1,
      vendor: standard.vendor,
      validate,
      jsonSchema: { input: describe, output: describe },
    },
  };
}

/** Whether a schema failed, instead of finding a problem of the value. */
export function isPluginIssue(issue: StandardSchemaV1.Issue): boolean {
  return "params" in issue && isObject(issue.params) && issue.params.code === pluginFailed;
}

function failureIssue(error: unknown): StandardSchemaV1.Issue & { readonly params: object } {
  const hint = "This is a fault of the gateway's plugin, not of the fragment. Report it to the operator.";
  return { message: reasonOf(error), path: [], params: { code: pluginFailed, hint } };
}

function resultProblem(result: unknown): string | undefined {
  if (!isObject(result))
    return `it returned ${describeValue(result)} instead of a result of Standard Schema.`;
  if (result.issues === undefined)
    return "value" in result ? undefined : "its result has neither `value` nor `issues`.";
  if (!Array.isArray(result.issues)) return "`issues` of its result is not a list.";
  return result.issues.every(isIssue) ? undefined : "an issue of its result has no message or a wrong path.";
}

function isIssue(issue: unknown): boolean {
  if (!isObject(issue) || typeof issue.message !== "string") return false;
  return issue.path === undefined || Array.isArray(issue.path);
}

function jsonSchemaProblem(schema: unknown): string | undefined {
  return isObject(schema) ? undefined : `it returned ${describeValue(schema)} instead of a JSON Schema.`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
