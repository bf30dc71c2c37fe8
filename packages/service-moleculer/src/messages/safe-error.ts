/** Characters that one text in an error can have. */
const maxTextLength = 16 * 1_024;

/** Bytes that an error, or the meta of an answer, has at most. */
export const maxErrorBytes: number = 128 * 1_024;

/** Objects and lists nested deeper than this are left out. */
const maxDepth = 16;

/** Members and items of an error, at any depth, that are looked at. */
const maxMembers = 10_000;

/** Stands for a member that is left out. */
const leftOut: unique symbol = Symbol("left out");

/**
 * Returns an error without the members that cannot be sent (S13.1): circular references, big integers,
 * functions, members that throw when they are read, and texts over 16 KiB. A message or stack over that
 * length is shortened. If more than `maxBytes` remain, its `data`, then its stack are left out. An error that
 * can be sent as it is is returned as it is.
 * @param plain the error as Moleculer sends it, with `name`, `message`, `code`, `type`, `stack`, `data`
 */
export function sendableError(plain: unknown, maxBytes: number): Record<string, unknown> {
  const isSmall = (value: unknown): value is Record<string, unknown> => fits(value, maxBytes);
  if (isSmall(plain)) return plain;
  const pruned = prune(plain, shortTexts);
  const error: Record<string, unknown> = isRecord(pruned) ? pruned : { name: "Error", message: "" };
  const { data: _data, stack, ...rest } = error;
  const { name, message, code, type } = rest;
  const forms: readonly Record<string, unknown>[] = [error, { ...rest, stack }, rest];
  return forms.find(isSmall) ?? { name, message, code, type };
}

/** Returns the meta or headers of an answer without the members that cannot be sent; `{}` for no object. */
export function sendableMeta(meta: unknown, maxBytes: number): Record<string, unknown> {
  if (fits(meta, maxBytes)) return meta;
  const pruned = prune(meta);
  return fits(pruned, maxBytes) ? pruned : {};
}

/**
 * Returns the `data` of an error without the members that cannot be sent; undefined if nothing of it can.
 */
export function sendableData(data: unknown): unknown {
  return sendableMeta({ data }, maxErrorBytes).data;
}

function fits(value: unknown, maxBytes: number): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  try {
    return Buffer.byteLength(JSON.stringify(value)) <= maxBytes;
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members of an error whose long texts are shortened instead of left out. */
const shortTexts: ReadonlySet<string> = new Set(["message", "stack"]);

/** Copies a value without what cannot be sent. Reads every member inside of `try`: a getter can throw. */
function prune(root: unknown, shorten?: ReadonlySet<string>): unknown {
  let left = maxMembers;

  const pruneValue = (value: unknown, ancestors: readonly object[]): unknown => {
    if (typeof value === "string") return value.length > maxTextLength ? leftOut : value;
    if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") return leftOut;
    if (typeof value !== "object" || value === null) return value;
    if (ancestors.includes(value) || ancestors.length >= maxDepth) return leftOut;
    try {
      if (ArrayBuffer.isView(value)) return value.byteLength > maxTextLength ? leftOut : value;
      const json: unknown = "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value;
      return json === value
        ? pruneMembers(value, [...ancestors, value])
        : pruneValue(json, [...ancestors, value]);
    } catch {
      return leftOut;
    }
  };

  const pruneMembers = (value: object, ancestors: readonly object[]): unknown => {
    const kept: [string, unknown][] = [];
    for (const key of Object.keys(value)) {
      left -= 1;
      if (left < 0) break;
      const member = readMember(value, key);
      const isShortened = value === root && shorten?.has(key) === true && typeof member === "string";
      const pruned = isShortened ? member.slice(0, maxTextLength) : pruneValue(member, ancestors);
      if (pruned !== leftOut) kept.push([key, pruned]);
    }
    return Array.isArray(value) ? kept.map(([, item]) => item) : Object.fromEntries(kept);
  };

  return pruneValue(root, []);
}

function readMember(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return leftOut;
  }
}
