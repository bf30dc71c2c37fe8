/** How much is looked at: the text may be made to exhaust a regular expression. */
const around = 100;
const oneArgument = "Functions take one object and read everything from it: ({ context, params }) => ...";

/** What to do about a second parameter. */
export const parametersHint: string = oneArgument;

/** What to do about an async function or a generator. */
export const asyncHint: string =
  "Remove `async`, `await` and `*`. Functions only look at data; what has to be fetched is fetched by an action.";

/** What to do about a text that is no function. */
export const notAFunctionHint: string =
  "Publish the text of an arrow, a function or a method: `({ source }) => source.name`.";

/**
 * What probably led to a syntax error, judged by what stands around it; undefined where nothing is known.
 *
 * @param offset where the parser stopped, in the text as written
 */
export function syntaxHint(source: string, offset: number): string | undefined {
  const before = source.slice(Math.max(0, offset - around), offset);
  const here = source.slice(offset, offset + around);
  if (/=>\s*$/.test(before) && /^return\b/.test(here))
    return "An arrow has either an expression (`=> value`) or braces (`=> { return value; }`).";
  if (looksLikeTypeScript(before, here))
    return "That is TypeScript. Publish the JavaScript that it compiles to, or remove the types.";
  if (/^await\b/.test(here) || /\bawait\s+$/.test(before)) return asyncHint;
  return undefined;
}

function looksLikeTypeScript(before: string, here: string): boolean {
  if (/^(as|satisfies)\s+[\w$[{("'`]/.test(here)) return true;
  if (/^\??\s*:\s*[\w$[{("'`]/.test(here) && /[\w$\]})]\s*\??\s*$/.test(before)) return true;
  if (/^!\s*[.)\];,]/.test(here)) return true;
  return /^(interface|type|enum)\s+[\w$]+/.test(here) || /\b(interface|type|enum)\s+$/.test(before);
}

/** What to do about a name that the sandbox lacks. */
export function freeNameHint(name: string): string {
  if (/^(__)?cov_|^__coverage__|^__cov|^_istanbul/.test(name))
    return "A coverage tool wrote it into the function. Exclude the file that holds inline functions from coverage.";
  if (
    /^(__vite|__vi_|__webpack|_?_?import_|_interop|__name$|__await|__spread|__assign|__rest|tslib|_\w+__)/.test(
      name,
    )
  )
    return "A bundler or compiler wrote it into the function. Publish the function's text as it is in the source, or aim at a newer language level.";
  if (
    /^(require|process|Buffer|module|exports|global|__dirname|__filename|fetch|setTimeout|setInterval|setImmediate|queueMicrotask|URL|structuredClone|crypto|window|document|performance)$/.test(
      name,
    )
  )
    return "There is no Node and no browser in the sandbox: no network, no timers. Let an action do it.";
  if (/^(eval|Function|WebAssembly|SharedArrayBuffer|Atomics|WeakRef|FinalizationRegistry)$/.test(name))
    return "The sandbox does not have it.";
  return "What stands around a function does not travel with it. Write the value into the function, or have the operator offer it in `util`.";
}
