import { styleText } from "node:util";
import type { Pin } from "@tidegate/core-registry";
import { printable } from "./text.ts";

/**
 * A pin in words: `master@1a2b3c4d`, `player@1a2b3c4d on master`.
 * @param colored whether to colour it
 */
export function pinText({ branch, service, to }: Pin, colored: boolean): string {
  const what = printable(`${service ?? branch}@${to}`);
  const text = colored ? styleText("bold", what, { validateStream: false }) : what;
  return service === undefined ? text : `${text} on ${printable(branch)}`;
}
