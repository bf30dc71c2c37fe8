import { LRUCache } from "lru-cache";
import { isSafe } from "redos-detector";

const maxLength = 200;
/** The limits count steps, not milliseconds, so that a regex has the same result on every machine. */
const limits = { maxScore: 200, maxSteps: 300 } as const;
/** Caches the proofs: a proof takes milliseconds, and is needed each time a fragment is read. */
const proofs = new LRUCache<string, boolean>({ max: 5_000 });
const groupsAndAnchors = /\((?!\?:)|[\^$]|\\[bBk1-9]/;
const classes = /\[(?:\\.|[^\]\\])*\]/g;
const parentheses = /[()]/;
const escapedMarks = /\\[()[\]^$\\]/g;
const printableAscii = /^[\x21-\x7e]+$/;

/** The reason why the regex of a parameter is refused. */
export interface RegexProblem {
  readonly message: string;
  /** The notation that is valid instead. */
  readonly expected: string;
}

/**
 * Checks the regex of a `:name(regex)`: it must be valid, take linear time, and match only its own segment.
 */
export function regexProblem(source: string): RegexProblem | undefined {
  if (source.length > maxLength)
    return { message: "it is too long.", expected: `at most ${maxLength} characters` };
  if (!printableAscii.test(source))
    return {
      message: "it is empty, or has characters that an encoded path cannot contain.",
      expected: "printable ASCII: the regex is applied to the percent-encoded segment",
    };
  if (source.includes("/"))
    return { message: "it has a slash.", expected: "a regex of one segment, which cannot contain a slash" };
  if (source.match(classes)?.some((set) => parentheses.test(set)))
    return {
      message: "it has a parenthesis between brackets.",
      expected: "`(?:[...]|\\\\()` instead of `[...(]`",
    };
  if (groupsAndAnchors.test(source.replace(escapedMarks, "").replace(classes, "")))
    return {
      message: "it has a capturing group, an anchor, a look-around or a back reference.",
      expected: "`(?:...)` for groups; the regex always matches the whole segment",
    };
  const regex = compile(source);
  if (regex === undefined) return { message: "it is not a valid regex.", expected: "a JavaScript regex" };
  return isLinear(regex)
    ? undefined
    : {
        message: "it is not proved to take linear time.",
        expected: "no repetition that can match the same text in two ways",
      };
}

function compile(source: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    return undefined;
  }
}

function isLinear(regex: RegExp): boolean {
  const known = proofs.get(regex.source);
  const proof = known ?? prove(regex);
  proofs.set(regex.source, proof);
  return proof;
}

function prove(regex: RegExp): boolean {
  try {
    return isSafe(regex, limits).safe;
  } catch {
    return false;
  }
}
