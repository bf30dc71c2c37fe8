import type { PreludeSettings } from "../child/prelude.ts";

/**
 * The protocol between the gateway and a child process. A message is one line: its kind (one character), then
 * its content. JSON contains no line breaks, so neither side parses an argument or a result that it only
 * passes on.
 *
 * `CALL` and `FUNCTION` are numbers that the gateway assigns.
 */
export const requestKind = {
  /** `JSON`: `ChildSettings`; always the first message. */
  settings: "s",
  /** `JSON`: name of a service that stays in this process even if it exceeds a limit here. */
  quarantine: "q",
  /** `JSON`: a `FunctionDefinition` for later calls. */
  define: "d",
  /** `CALL FUNCTION JSON`: the argument of a call. */
  call: "c",
  /** `CALL FUNCTION NONCE JSON`: an argument with tokens. */
  callWithTokens: "k",
} as const;

/** The kinds of messages from a child process. `CALL` stands in each message about a call. */
export const replyKind = {
  /** The process can run functions. */
  ready: "+",
  /** `JSON`: the error that prevents the start. */
  startFailed: "!",
  /** `CALL JSON`: console output of a call, sent before the call's result. */
  console: "l",
  /** `CALL JSON`: the result; empty for undefined. */
  result: "r",
  /** `CALL JSON`: the `ThrownError` of the function. */
  threw: "t",
  /** `CALL JSON`: the reason why the result is not data. */
  invalidResult: "n",
  /** `CALL`: the function exceeded its time limit. */
  timeout: "v",
  /** `CALL`: the time limit passed, but the function got too little CPU time to be at fault. */
  starved: "w",
  /** `CALL`: the service exceeded its memory limit. */
  outOfMemory: "m",
  /** `FUNCTION JSON`: the engine's error for a definition. */
  notCompiled: "x",
  /** `CALL`: the process does not have the function; the gateway sends its definition. */
  unknownFunction: "?",
  /** `CALL`: the service exceeded a limit in this process; the gateway runs the call in another one. */
  moved: "b",
} as const;

/** The settings of a child process. */
export interface ChildSettings extends PreludeSettings {
  /** The time limit of one call, in milliseconds. */
  readonly timeout: number;
  /** The memory limit of one service, in megabytes. */
  readonly memory: number;
  /** An expression that evaluates to `util`. */
  readonly util: string;
}

/** A function as it is sent to a child process. */
export interface FunctionDefinition {
  readonly id: number;
  readonly service: string;
  /** The script that evaluates to the function. */
  readonly script: string;
  /** UTF-16 units in the first line of the script before the developer's source. */
  readonly offset: number;
  /** True where the sandbox has to put `util` into the argument. */
  readonly takesUtil: boolean;
}

/** A thrown error, described and truncated inside of the sandbox. */
export interface ThrownError {
  /** The name and message of the error, such as `TypeError: x is undefined`. */
  readonly message: string;
  /** Line and column in the developer's source, from 1; absent where the stack does not show them. */
  readonly line?: number;
  readonly column?: number;
}

/** A message, split into kind, number and content. */
export interface Message {
  readonly kind: string;
  /** `CALL` or `FUNCTION`; NaN where the kind has none. */
  readonly id: number;
  readonly text: string;
}

/** Splits a line into kind, number and content. */
export function parseMessage(line: string): Message {
  const space = line.indexOf(" ");
  const end = space < 0 ? line.length : space;
  return { kind: line.charAt(0), id: Number(line.slice(1, end)), text: line.slice(end + 1) };
}

/** Maximum size of a frame in bytes. */
export const maxFrameBytes: number = 128 * 1024 * 1024;

/**
 * Packs messages into one frame: the length in bytes (32 bits, little-endian), then the lines as UTF-8 text.
 * A message contains no line break.
 */
export function encodeFrame(lines: readonly string[]): Buffer {
  const text = lines.join("\n");
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(4 + length);
  frame.writeUInt32LE(length, 0);
  frame.write(text, 4, length, "utf8");
  return frame;
}

/**
 * Creates a decoder for a stream of frames.
 *
 * @param onFrame gets the lines of each frame
 * @returns a function that takes the chunks of the stream; it throws a RangeError for a frame above
 * `maxFrameBytes`
 */
export function createFrameDecoder(onFrame: (lines: string[]) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let received = 0;
  let needed = 4;
  return (chunk) => {
    chunks.push(chunk);
    received += chunk.length;
    while (received >= needed) {
      const single = chunks.length === 1 ? chunks[0] : undefined;
      const all = single ?? Buffer.concat(chunks, received);
      const end = 4 + all.readUInt32LE(0);
      if (end > maxFrameBytes) throw new RangeError(`Frame of ${end} bytes; the maximum is ${maxFrameBytes}`);
      chunks = [all];
      needed = end;
      if (received < end) return;
      chunks = received > end ? [all.subarray(end)] : [];
      received -= end;
      needed = 4;
      onFrame(all.toString("utf8", 4, end).split("\n"));
    }
  };
}
