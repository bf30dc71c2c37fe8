import ivm from "isolated-vm";
import { LRUCache } from "lru-cache";
import {
  type ChildSettings,
  type FunctionDefinition,
  replyKind,
  type ThrownError,
} from "../process/messages.ts";
import { type Prelude, prelude } from "./prelude.ts";

/** The outcome of a call, as it is sent to the gateway. */
export interface Outcome {
  /** One of the values of `replyKind`. */
  readonly kind: string;
  readonly text: string;
  /** The console output as JSON; empty where the function wrote nothing. */
  readonly consoleOutput: string;
}

type OutcomeWithoutConsole = Omit<Outcome, "consoleOutput">;

const maxFunctions = 2000;
const maxDepth = 500;
/**
 * Milliseconds for the prelude and for the definition of a function. They run no code of a fragment, so the
 * limit is long enough for a busy machine.
 */
const setupTimeout = 5000;
const stackPosition = /function-(\d+):(\d+):(\d+)/;

/** The functions of one service, in an isolate of their own. */
export class ServiceIsolate {
  readonly #timeout: number;
  readonly #isolate: ivm.Isolate;
  readonly #context: ivm.Context;
  readonly #prelude: Readonly<Record<keyof Prelude, ivm.Reference>>;
  /** The offset of each function's source in its script. */
  readonly #offsets: LRUCache<number, number>;

  /** Throws where the engine cannot create the isolate. */
  constructor(settings: ChildSettings) {
    this.#timeout = settings.timeout;
    this.#isolate = new ivm.Isolate({ memoryLimit: settings.memory });
    this.#context = this.#isolate.createContextSync();
    this.#prelude = runPrelude(this.#context, settings);
    this.#offsets = new LRUCache<number, number>({
      max: maxFunctions,
      disposeAfter: (_offset, id, reason) => {
        if (reason === "evict") this.#run("forget", [id]);
      },
    });
  }

  has(id: number): boolean {
    return !this.#isolate.isDisposed && this.#offsets.has(id);
  }

  /** Creates a function. Throws where the engine rejects its script. */
  define({ id, script, offset, takesUtil }: FunctionDefinition): void {
    const compiled = this.#isolate.compileScriptSync(script, { filename: `function-${id}` });
    const fn = compiled.runSync(this.#context, { reference: true, timeout: setupTimeout });
    this.#run("define", [id, fn.derefInto(), takesUtil], setupTimeout);
    this.#offsets.set(id, offset);
    compiled.release();
    fn.release();
  }

  /**
   * Calls a function. Never throws.
   *
   * @param timeout milliseconds after which the engine stops the function
   */
  call(id: number, json: string, nonce: string | undefined, timeout: number): Outcome {
    // The engine's own `cpuTime` also counts the time in which the thread waits for a CPU.
    const cpuBefore = process.threadCpuUsage();
    const offset = this.#offsets.get(id) ?? 0;
    try {
      const encoded = String(this.#run("run", [id, json, nonce], timeout));
      const consoleOutput = encoded.charAt(1) === "+" ? this.#consoleOutput() : "";
      return { ...outcomeOf(encoded.charAt(0), encoded.slice(2), offset), consoleOutput };
    } catch (error) {
      return { ...this.#failure(error, cpuBefore), consoleOutput: this.#consoleOutput() };
    }
  }

  dispose(): void {
    if (!this.#isolate.isDisposed) this.#isolate.dispose();
  }

  #run(name: keyof Prelude, parameters: unknown[], timeout = this.#timeout): unknown {
    return this.#prelude[name].applySync(undefined, parameters, { timeout });
  }

  #consoleOutput(): string {
    try {
      return this.#isolate.isDisposed ? "" : String(this.#run("takeConsoleOutput", []));
    } catch {
      return "";
    }
  }

  #failure(error: unknown, cpuBefore: NodeJS.CpuUsage): OutcomeWithoutConsole {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#isolate.isDisposed || message.includes("memory limit"))
      return { kind: replyKind.outOfMemory, text: "" };
    if (!message.includes("timed out")) return { kind: replyKind.threw, text: JSON.stringify({ message }) };
    const { user, system } = process.threadCpuUsage(cpuBefore);
    const cpuMs = (user + system) / 1000;
    return { kind: cpuMs < this.#timeout / 2 ? replyKind.starved : replyKind.timeout, text: "" };
  }
}

function runPrelude(
  context: ivm.Context,
  { globals, maxResult, maxLines, maxLineLength, util }: ChildSettings,
): Readonly<Record<keyof Prelude, ivm.Reference>> {
  const settings = JSON.stringify({ globals, maxResult, maxLines, maxLineLength });
  const script = `"use strict";(${prelude.toString()})(${settings}, ${util})`;
  const functions = context.evalSync(script, { reference: true, timeout: setupTimeout });
  const referenceTo = (name: keyof Prelude) => functions.getSync(name, { reference: true });
  return {
    run: referenceTo("run"),
    define: referenceTo("define"),
    forget: referenceTo("forget"),
    takeConsoleOutput: referenceTo("takeConsoleOutput"),
  };
}

function outcomeOf(kind: string, text: string, offset: number): OutcomeWithoutConsole {
  if (kind === replyKind.threw) return { kind, text: JSON.stringify(thrownErrorOf(text, offset)) };
  if (kind === replyKind.invalidResult) return { kind, text: JSON.stringify(text.split("\n", 1)[0]) };
  if (isDeeperThan(text, maxDepth)) {
    const reason = `The result is nested deeper than ${maxDepth} levels`;
    return { kind: replyKind.invalidResult, text: JSON.stringify(reason) };
  }
  return { kind, text };
}

/**
 * Reads the place of the error from the stack. In line 1 the code before the developer's source shifts the
 * column.
 */
function thrownErrorOf(described: string, offset: number): ThrownError {
  const end = described.indexOf("\n");
  if (end < 0) return { message: described };
  const message = described.slice(0, end);
  const [, , line, column] = stackPosition.exec(described.slice(end)) ?? [];
  if (line === undefined) return { message };
  const shift = line === "1" ? offset : 0;
  return { message, line: Number(line), column: Math.max(1, Number(column) - shift) };
}

const quote = 34;
const backslash = 92;
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];

/** Tests whether valid JSON is nested deeper than `levels`, by counting the brackets outside of strings. */
export function isDeeperThan(json: string, levels: number): boolean {
  if (json.length <= 2 * levels) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === quote) index = endOfString(json, index);
    else if (code === openBracket || code === openBrace) {
      if (++depth > levels) return true;
    } else if (code === closeBracket || code === closeBrace) depth--;
  }
  return false;
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return json.length;
}
