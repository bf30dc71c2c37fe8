import ivm from "isolated-vm";
import { LRUCache } from "lru-cache";
import type { ChildSettings, FunctionText, Thrown } from "../process/wire.ts";
import { deeperThan } from "./depth.ts";
import { type Prelude, prelude } from "./prelude.ts";

/** How a call ended: a kind and a text, as on the wire. */
export interface Outcome {
  /** `r t n v w m`. */
  readonly kind: string;
  /** What comes after. */
  readonly text: string;
  /** What the function wrote, as JSON; empty: nothing. */
  readonly wrote: string;
}

type Ending = Omit<Outcome, "wrote">;

/** The functions of one service, in an isolate of their own. */
export interface ServiceIsolate {
  /** Whether a function is known here. */
  has(id: number): boolean;
  /** Makes a function of its text. Throws where the engine cannot. */
  define(text: FunctionText): void;
  /** Runs a function. Never throws. */
  run(id: number, json: string, nonce: string | undefined): Outcome;
  /** Frees it. */
  dispose(): void;
}

const mostFunctions = 2000;
const deepest = 500;
const preparing = 5000;
const place = /function-(\d+):(\d+):(\d+)/;

/** Makes one. Throws where the engine cannot. */
export function serviceIsolate(settings: ChildSettings): ServiceIsolate {
  const isolate = new ivm.Isolate({ memoryLimit: settings.memory });
  const context = isolate.createContextSync();
  const { globals, maxResult, maxLines, maxLine, timeout } = settings;
  const told = JSON.stringify({ globals, maxResult, maxLines, maxLine });
  const script = `"use strict";(${prelude.toString()})(${told}, ${settings.util})`;
  const inside = context.evalSync(script, { reference: true, timeout: preparing });
  const part = (name: keyof Prelude): ivm.Reference => inside.getSync(name, { reference: true });
  const [run, define, forget, written] = [part("run"), part("define"), part("forget"), part("written")];
  const limits = { timeout };
  const offsets = new LRUCache<number, number>({
    max: mostFunctions,
    disposeAfter: (_offset, id, reason) => {
      if (reason === "evict") forget.applySync(undefined, [id], limits);
    },
  });

  const writtenLines = (): string => {
    try {
      return isolate.isDisposed ? "" : String(written.applySync(undefined, [], limits));
    } catch {
      return "";
    }
  };

  const failed = (error: unknown, cpuBefore: bigint): Ending => {
    const message = error instanceof Error ? error.message : String(error);
    if (isolate.isDisposed || message.includes("memory limit")) return { kind: "m", text: "" };
    if (!message.includes("timed out")) return { kind: "t", text: JSON.stringify({ message }) };
    const used = Number(isolate.cpuTime - cpuBefore) / 1e6;
    return { kind: used < timeout / 2 ? "w" : "v", text: "" };
  };

  return {
    has: (id) => !isolate.isDisposed && offsets.has(id),
    define({ id, script: text, offset, takesUtil }) {
      const made = isolate.compileScriptSync(text, { filename: `function-${id}` });
      const reference = made.runSync(context, { reference: true, timeout });
      define.applySync(undefined, [id, reference.derefInto(), takesUtil], limits);
      offsets.set(id, offset);
      made.release();
      reference.release();
    },
    run(id, json, nonce) {
      const cpuBefore = isolate.cpuTime;
      const offset = offsets.get(id) ?? 0;
      try {
        const said = String(run.applySync(undefined, [id, json, nonce], limits));
        return { ...outcomeOf(said, offset), wrote: said.charAt(1) === "+" ? writtenLines() : "" };
      } catch (error) {
        return { ...failed(error, cpuBefore), wrote: writtenLines() };
      }
    },
    dispose() {
      if (!isolate.isDisposed) isolate.dispose();
    },
  };
}

function outcomeOf(said: string, offset: number): Ending {
  const kind = said.charAt(0);
  const text = said.slice(2);
  if (kind === "t") return { kind, text: JSON.stringify(thrownOf(text, offset)) };
  if (kind === "n") return { kind, text: JSON.stringify(text.split("\n", 1)[0]) };
  if (deeperThan(text, deepest))
    return { kind: "n", text: JSON.stringify(`Its result is nested deeper than ${deepest} levels`) };
  return { kind, text };
}

/** Finds in the stack where it was thrown. The first line holds the code that stands before the text. */
function thrownOf(described: string, offset: number): Thrown {
  const end = described.indexOf("\n");
  if (end < 0) return { message: described };
  const message = described.slice(0, end);
  const [, , line, column] = place.exec(described.slice(end)) ?? [];
  if (line === undefined) return { message };
  const shift = line === "1" ? offset : 0;
  return { message, line: Number(line), column: Math.max(1, Number(column) - shift) };
}
