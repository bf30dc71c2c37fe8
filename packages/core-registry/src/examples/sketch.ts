import { isOpaque } from "../connectors/opaque.ts";
import type { Json } from "../contracts/json.ts";
import { isSecretName, redactText } from "../reporting/redact.ts";
import type { SettledExamples } from "./options.ts";

const deepest = 8;
const mostMembers = 50;
const mostItems = 10;
const mostValues = 500;
const longestName = 100;

/** What may still be written of one example. */
interface Budget {
  values: number;
}

/**
 * A value as an example shows it: a bounded copy as plain data, without what is secret, with long texts cut, and with streams,
 * files and bytes by their notation (S9.10). Never throws.
 */
export function sketch(value: unknown, options: SettledExamples): Json {
  try {
    return draw(value, options, 0, { values: mostValues });
  } catch {
    // A getter or a proxy of the service's own.
    return options.omittedNotation;
  }
}

/** A text as an example shows it. */
export function sketchText(
  text: string,
  options: SettledExamples,
  longest: number = options.omittedLimit,
): string {
  const { redactedNotation, omittedNotation, redactedParamNameRegExps } = options;
  return redactText(
    text,
    longest,
    { redacted: redactedNotation, omitted: omittedNotation },
    redactedParamNameRegExps,
  );
}

function draw(value: unknown, options: SettledExamples, depth: number, budget: Budget): Json {
  if (typeof value === "string") return sketchText(value, options);
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return String(value);
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return options.omittedNotation;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (isWrittenFile(value) || isOpaque(value)) return options.streamNotation;
  if (depth >= deepest) return options.omittedNotation;
  return Array.isArray(value)
    ? drawItems(value, options, depth, budget)
    : drawMembers(value, options, depth, budget);
}

function drawItems(items: readonly unknown[], options: SettledExamples, depth: number, budget: Budget): Json {
  const drawn: Json[] = [];
  for (const item of items) {
    if (drawn.length >= mostItems || budget.values-- <= 0) return [...drawn, options.omittedNotation];
    drawn.push(draw(item, options, depth + 1, budget));
  }
  return drawn;
}

function drawMembers(value: object, options: SettledExamples, depth: number, budget: Budget): Json {
  const drawn: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined || typeof member === "function") continue;
    if (drawn.length >= mostMembers || budget.values-- <= 0) {
      drawn.push([options.omittedNotation, options.omittedNotation]);
      break;
    }
    const isHidden = member !== null && isSecretName(key, options.redactedParamNameRegExps);
    drawn.push([
      sketchText(key, options, longestName),
      isHidden ? options.redactedNotation : draw(member, options, depth + 1, budget),
    ]);
  }
  return Object.fromEntries(drawn);
}

// A file below the root of the params travels as text (S8); Buffers that became JSON look alike.
function isWrittenFile(value: object): boolean {
  if ("buffer" in value && "mimetype" in value) return true;
  return "type" in value && value.type === "Buffer" && "data" in value;
}
