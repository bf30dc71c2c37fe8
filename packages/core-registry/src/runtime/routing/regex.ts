import { LRUCache } from "lru-cache";
import { isSafe } from "redos-detector";

const maxLength = 200;
/** Steps, not milliseconds: the same regex gets the same answer on every machine. */
const limits = { maxScore: 200, maxSteps: 300 } as const;
/** A proof takes milliseconds, and is asked for each time a fragment is read. */
const proofs = new LRUCache<string, boolean>({ max: 5_000 });
const groupsAndAnchors = /\((?!\?:)|[\^$]|\\[bBk1-9]/;
const classes = /\[(?:\\.|[^\]\\])*\]/g;
const parentheses = /[()]/;
const escapedMarks = /\\[()[\]^$\\]/g;
const printableAscii = /^[\x21-\x7e]+$/;

/** Why a parameter's regex cannot be used. */
export interface RegexProblem {
  /** What happened. */
  readonly message: string;
  /** What would have been right. */
  readonly expected: string;
}

/** Checks the regex of a `:name(regex)`: it must compile, be linear, and see nothing but its own segment. */
export function regexProblem(source: string): RegexProblem | undefined {
  if (source.length > maxLength)
    return { message: "it is too long.", expected: `at most ${maxLength} characters` };
  if (!printableAscii.test(source))
    return {
      message: "it is empty, or has characters that no encoded path has.",
      expected: "printable ASCII: the regex sees the segment percent-encoded",
    };
  if (source.includes("/"))
    return { message: "it has a slash.", expected: "a regex of one segment, which never holds a slash" };
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
  const regex = compiled(source);
  if (regex === undefined) return { message: "it is no regex.", expected: "a JavaScript regex" };
  return isLinear(regex)
    ? undefined
    : {
        message: "it is not proved to take linear time.",
        expected: "no repetition that can match the same text in two ways",
      };
}

function compiled(source: string): RegExp | undefined {
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
