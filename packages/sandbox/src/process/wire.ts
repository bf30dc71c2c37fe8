import type { PreludeSettings } from "../child/prelude.ts";

/**
 * What gateway and child say to each other: lines, the first character of which tells the kind. JSON holds no line
 * breaks, so an argument or a result stays a piece of text that neither end has to take apart.
 *
 * To the child, `CALL` a number:
 * `sJSON` settings, first of all · `oJSON` this service lives there and may break limits ·
 * `dJSON` a function's text · `cCALL FUNCTION JSON` a call · `kCALL FUNCTION NONCE JSON` a call with tokens in it.
 *
 * From the child:
 * `+` it is ready · `!JSON` it cannot start · `lCALL JSON` what the function wrote ·
 * `rCALL JSON` a result, empty: undefined · `tCALL JSON` it threw · `nCALL JSON` its result is no data ·
 * `vCALL` its time is up · `wCALL` its time is up, but the machine gave it none ·
 * `xFUNCTION JSON` a text does not compile · `mCALL` its memory is up · `?CALL` no such function here, send its text · `bCALL` its service broke a limit here and has to move.
 */
export interface ChildSettings extends PreludeSettings {
  /** Milliseconds for one call. */
  readonly timeout: number;
  /** Megabytes for one service. */
  readonly memory: number;
  /** The script of `util`: an expression. */
  readonly util: string;
}

/** A function's text, as the child is told it. */
export interface FunctionText {
  /** Its number. */
  readonly id: number;
  /** Whose it is. */
  readonly service: string;
  /** The script that makes it. */
  readonly script: string;
  /** How many units stand in the script's first line before the text as it was written. */
  readonly offset: number;
  /** True where `util` has to be put into its argument. */
  readonly takesUtil: boolean;
}

/** What a function threw, described inside of the sandbox and cut. */
export interface Thrown {
  /** `TypeError: x is undefined`. */
  readonly message: string;
  /** Where, in the text as it was written; absent where it is not known. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** One line, its kind and its call taken off. */
export interface Reply {
  /** The line's first character. */
  readonly kind: string;
  /** Which call, where it is about one. */
  readonly call: number;
  /** What comes after. */
  readonly text: string;
}

/** Takes a line apart: kind, number, rest. */
export function readLine(line: string): Reply {
  const space = line.indexOf(" ");
  const end = space < 0 ? line.length : space;
  return { kind: line.charAt(0), call: Number(line.slice(1, end)), text: line.slice(end + 1) };
}
