import { Readable } from "node:stream";

/** Where in a value bytes are: the keys from the root. */
type Path = readonly (string | number)[];

/** A value as it travels in JSON. */
export interface EncodedValue {
  readonly value: unknown;
  /** The places at which Base64 text stands for bytes; absent where there are none. */
  readonly bytes?: readonly Path[];
}

/**
 * Prepares a value for the JSON serializer: JSON alone would turn bytes other than a Buffer into objects, and
 * streams into their inner state. Copies only what it changes.
 * @param asText true: bytes become Base64, and `bytes` names their places. False: bytes become Buffers, whose
 * JSON form Moleculer's users know
 * @throws TypeError for a stream or a file, RangeError for a circular value
 */
export function encodeBytes(value: unknown, asText: boolean): EncodedValue {
  const paths: Path[] = [];
  const encoded = encode(value, [], asText ? paths : undefined, "");
  return paths.length === 0 ? { value: encoded } : { value: encoded, bytes: paths };
}

function encode(value: unknown, path: (string | number)[], paths: Path[] | undefined, key: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const bytes = toBytes(value);
  if (bytes !== undefined) {
    if (paths === undefined) return bytes;
    paths.push([...path]);
    return bytes.toString("base64");
  }
  if (value instanceof Date) return value;
  if (isStream(value)) throw new TypeError(`It contains a stream at ${describe(path)}.`);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const json: unknown = value.toJSON(key);
    return json === value ? encodeMembers(value, path, paths) : encode(json, path, paths, key);
  }
  return encodeMembers(value, path, paths);
}

function encodeMembers(value: object, path: (string | number)[], paths: Path[] | undefined): unknown {
  if (Array.isArray(value)) return encodeItems(value, path, paths);
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof member !== "object" || member === null) continue;
    path.push(key);
    const encoded = encode(member, path, paths, key);
    path.pop();
    if (encoded === member) continue;
    copy ??= Object.fromEntries(Object.entries(value));
    setMember(copy, key, encoded);
  }
  return copy ?? value;
}

function encodeItems(
  list: readonly unknown[],
  path: (string | number)[],
  paths: Path[] | undefined,
): unknown {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (typeof item !== "object" || item === null) continue;
    path.push(index);
    const encoded = encode(item, path, paths, String(index));
    path.pop();
    if (encoded === item) continue;
    copy ??= [...list];
    copy[index] = encoded;
  }
  return copy ?? list;
}

/** Sets an own member, also one called `__proto__`. */
function setMember(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isStream(value: object): boolean {
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}

/** Any form of bytes as a Buffer that shares their memory; undefined for anything else. */
function toBytes(value: object): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer ? Buffer.from(value) : undefined;
}

function describe(path: Path): string {
  return path.length === 0 ? "its root" : `\`${path.join(".")}\``;
}

/**
 * Turns Base64 text at the given places into Buffers, in place. Another node sent both, so places that are
 * not there are ignored.
 */
export function decodeBytes(value: unknown, paths: unknown): unknown {
  if (!Array.isArray(paths)) return value;
  const holder: Record<string, unknown> = { root: value };
  for (const path of paths) if (Array.isArray(path)) decodeAt(holder, ["root", ...path]);
  return holder.root;
}

function decodeAt(holder: object, path: readonly unknown[]): void {
  let target: unknown = holder;
  for (const [depth, key] of path.entries()) {
    if (typeof target !== "object" || target === null) return;
    if ((typeof key !== "string" && typeof key !== "number") || !Object.hasOwn(target, key)) return;
    const member: unknown = Reflect.get(target, key);
    if (depth < path.length - 1) target = member;
    else if (typeof member === "string") Reflect.set(target, key, Buffer.from(member, "base64"));
  }
}

/** Text that is part of the JSON form of a Buffer. */
const bufferMark = '"type":"Buffer"';

/** Whether JSON can contain the form in which `JSON.stringify` writes a Buffer. */
export function canContainBuffers(json: unknown): boolean {
  return (Buffer.isBuffer(json) || typeof json === "string") && json.includes(bufferMark);
}

/**
 * Turns every `{ type: "Buffer", data: [...] }` in a parsed value into a Buffer, in place: the form of nodes
 * without the preset. Exactly these two members, and `data` only with numbers from 0 to 255.
 */
export function restoreBuffers(value: unknown): unknown {
  try {
    return restore(value);
  } catch {
    // The value is nested deeper than the stack allows. It stays as it is from there on.
    return value;
  }
}

function restore(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const bytes = readBufferForm(value);
  if (bytes !== undefined) return bytes;
  for (const key of Object.keys(value)) {
    const member: unknown = Reflect.get(value, key);
    const restored = restore(member);
    if (restored !== member) Reflect.set(value, key, restored);
  }
  return value;
}

function readBufferForm(value: object): Buffer | undefined {
  if (!("type" in value) || value.type !== "Buffer" || !("data" in value)) return undefined;
  const { data } = value;
  if (!Array.isArray(data) || Object.keys(value).length !== 2) return undefined;
  return data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
    ? Buffer.from(data)
    : undefined;
}
