import type { Json } from "../contracts/json.ts";
import { isSecretName, redactText } from "./redact.ts";
import { isOpaque } from "./values.ts";

/** The part of the examples' options that truncating a value needs. */
export interface TruncateOptions {
  readonly streamNotation: string;
  readonly omittedNotation: string;
  /** The maximum length of a text in characters; longer texts are truncated. */
  readonly omittedLimit: number;
  readonly redactedNotation: string;
  readonly redactedParamNameRegExps: readonly RegExp[];
}

const maxDepth = 8;
const maxMembers = 50;
const maxItems = 10;
const maxValues = 500;
const maxNameLength = 100;

/** The number of values that one example can still contain. */
interface Budget {
  values: number;
}

/**
 * Copies a value as bounded plain data for an example (S9.10): secrets are redacted, long texts truncated,
 * and streams, files and bytes replaced. Never throws.
 */
export function truncate(value: unknown, options: TruncateOptions): Json {
  try {
    return truncateValue(value, options, 0, { values: maxValues });
  } catch {
    // A getter or proxy of the service's value threw.
    return options.omittedNotation;
  }
}

/** Truncates and redacts a text for an example. */
export function truncateText(
  text: string,
  options: TruncateOptions,
  maxLength: number = options.omittedLimit,
): string {
  const { redactedNotation, omittedNotation, redactedParamNameRegExps } = options;
  return redactText(
    text,
    maxLength,
    { redacted: redactedNotation, omitted: omittedNotation },
    redactedParamNameRegExps,
  );
}

function truncateValue(value: unknown, options: TruncateOptions, depth: number, budget: Budget): Json {
  if (typeof value === "string") return truncateText(value, options);
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return String(value);
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return options.omittedNotation;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (isSerializedFile(value) || isOpaque(value)) return options.streamNotation;
  if (depth >= maxDepth) return options.omittedNotation;
  return Array.isArray(value)
    ? truncateList(value, options, depth, budget)
    : truncateObject(value, options, depth, budget);
}

function truncateList(
  items: readonly unknown[],
  options: TruncateOptions,
  depth: number,
  budget: Budget,
): Json {
  const result: Json[] = [];
  for (const item of items) {
    if (result.length >= maxItems || budget.values-- <= 0) return [...result, options.omittedNotation];
    result.push(truncateValue(item, options, depth + 1, budget));
  }
  return result;
}

function truncateObject(value: object, options: TruncateOptions, depth: number, budget: Budget): Json {
  const result: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined || typeof member === "function") continue;
    if (result.length >= maxMembers || budget.values-- <= 0) {
      result.push([options.omittedNotation, options.omittedNotation]);
      break;
    }
    const isSecret = member !== null && isSecretName(key, options.redactedParamNameRegExps);
    result.push([
      truncateText(key, options, maxNameLength),
      isSecret ? options.redactedNotation : truncateValue(member, options, depth + 1, budget),
    ]);
  }
  return Object.fromEntries(result);
}

// Below the root of the params, a file is sent as text (S8). A Buffer that was serialized as JSON has the
// same form.
function isSerializedFile(value: object): boolean {
  if ("buffer" in value && "mimetype" in value) return true;
  return "type" in value && value.type === "Buffer" && "data" in value;
}
