import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";

/** Unguessable, so that no client can write a token of its own into a body. */
const tokenPrefix = `tidegate:${randomUUID()}:`;
const tokenMember = "$token";

/**
 * Streams, files and bytes as functions see them: opaque tokens with their metadata, which become the value again when
 * they are returned (S2.6). One of these serves one run of a function. It looks at a value and at its members, not deeper.
 */
export interface OpaqueValues {
  /** The value, with tokens in place of what no function may see. */
  hide(value: unknown): unknown;
  /** What a function returned, with the values in place of their tokens. */
  restore(result: unknown): unknown;
}

/** Makes an empty set of tokens. */
export function opaqueValues(): OpaqueValues {
  const held: unknown[] = [];
  const token = (value: object): object => {
    held.push(value);
    return { ...metadata(value), [tokenMember]: `${tokenPrefix}${held.length - 1}` };
  };
  const back = (value: unknown): unknown => {
    const text = typeof value === "object" && value !== null ? Reflect.get(value, tokenMember) : undefined;
    if (typeof text !== "string" || !text.startsWith(tokenPrefix)) return value;
    return held[Number(text.slice(tokenPrefix.length))];
  };
  return {
    hide: (value) =>
      isOpaque(value) ? token(value) : eachMember(value, (each) => (isOpaque(each) ? token(each) : each)),
    restore: (result) => {
      if (held.length === 0) return result;
      const whole = back(result);
      return whole === result ? eachMember(result, back) : whole;
    },
  };
}

/** Whether a value is a stream, a file or bytes: nothing that JSON could say. */
export function isOpaque(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}

function metadata(value: object): object {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return { byteLength: value.byteLength };
  const file: { filename?: unknown; mimetype?: unknown; encoding?: unknown } = value;
  return Object.fromEntries(
    [
      ["filename", file.filename],
      ["mimetype", file.mimetype],
      ["encoding", file.encoding],
    ].filter(([, member]) => typeof member === "string"),
  );
}

// A copy only where something changes: most values hold nothing opaque.
function eachMember(value: unknown, change: (member: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const changed = change(member);
    if (changed === member) continue;
    copy ??= { ...value };
    copy[name] = changed;
  }
  return copy ?? value;
}
