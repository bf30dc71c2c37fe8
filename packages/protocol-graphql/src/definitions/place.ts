import { codeFrame, type Finding } from "@tidegate/core-registry";
import { getLocation, Source } from "graphql";

/** Where something stands in a text: line, column, and the lines around it. */
export type TextPlace = Required<Pick<Finding, "line" | "column" | "frame">>;

/**
 * The place of an offset in a text.
 * @param offset characters from the text's begin
 */
export function placeOf(text: string, offset: number): TextPlace {
  const { line, column } = getLocation(new Source(text), offset);
  return { line, column, frame: codeFrame(text, line, column) };
}
