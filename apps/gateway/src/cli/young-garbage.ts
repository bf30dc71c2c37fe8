import { setFlagsFromString } from "node:v8";

/**
 * Has V8 make everything young. By default it makes at once old what a place of the code made for long lately: a gateway that
 * starts makes much that stays, and then each request leaves something that only a collection of the whole heap takes away,
 * with all that it names. Young collections of 10 ms became ones of 2.
 */
export function makeGarbageYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
