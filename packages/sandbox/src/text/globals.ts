/**
 * The names that a function finds in the sandbox beside `console` and `util` (S11.1): the language, and nothing that
 * reaches out of it, makes code of text, shares memory or watches the garbage collector. All others are deleted.
 */
export const languageGlobals: readonly string[] = [
  ..."globalThis undefined NaN Infinity Object Array String Number Boolean BigInt Symbol Math JSON Date".split(
    " ",
  ),
  ..."RegExp Map Set WeakMap WeakSet Promise Proxy Reflect Iterator Intl".split(" "),
  ..."Error AggregateError EvalError RangeError ReferenceError SuppressedError SyntaxError TypeError".split(
    " ",
  ),
  ..."URIError ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array".split(" "),
  ..."Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array".split(" "),
  ..."parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent".split(
    " ",
  ),
  ..."escape unescape".split(" "),
];

/** What a text may name without declaring it. */
export const knownNames: ReadonlySet<string> = new Set([...languageGlobals, "console", "util"]);
