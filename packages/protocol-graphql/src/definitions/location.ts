import type { Finding } from "@tidegate/core-registry";
import { codeFrame } from "@tidegate/core-registry/runtime";
import { getLocation, Source } from "graphql";

/** A position in a text: line, column and the lines around it. */
export type TextLocation = Required<Pick<Finding, "line" | "column" | "frame">>;

/**
 * Locates an offset in a text.
 * @param offset in characters
 */
export function textLocation(text: string, offset: number): TextLocation {
  const { line, column } = getLocation(new Source(text), offset);
  return { line, column, frame: codeFrame(text, line, column) };
}
