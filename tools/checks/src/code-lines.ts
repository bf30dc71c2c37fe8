import { parseSync } from "oxc-parser";
import type { SourceText } from "./repository.ts";

/** Counts the lines of code of a file: neither empty ones nor those that hold nothing but a comment. */
export function codeLines({ path, text }: SourceText): number {
  let code = text;
  for (const { start, end } of parseSync(path, text).comments)
    code = code.slice(0, start) + code.slice(start, end).replaceAll(/[^\n]/g, " ") + code.slice(end);
  return code.split("\n").filter((line) => line.trim() !== "").length;
}
