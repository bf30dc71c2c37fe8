import type { Pin, PinTarget } from "@tidegate/core-registry";
import { z } from "zod";

const branch = z.string().regex(/^[a-z0-9_-]{1,64}$/, "must be a branch's name");
const service = z.string().min(1).max(256);
const to = z.string().regex(/^[0-9a-f]{8,32}$/, "must be 8 to 32 hex digits");

/** What `POST /pins` takes. */
export const pinSchema: z.ZodType<Pin> = z.strictObject({ branch, service: service.exactOptional(), to });

/** What `DELETE /pins` takes. */
export const pinTargetSchema: z.ZodType<PinTarget> = z.strictObject({
  branch,
  service: service.exactOptional(),
});

/** What all of them answer. */
export interface Pins {
  /** Everything that is held, by branch. */
  readonly pins: readonly Pin[];
}

/** The answer as a client reads it. */
export const pinsSchema: z.ZodType<Pins> = z.looseObject({
  pins: z.array(z.looseObject({ branch: z.string(), service: z.string().exactOptional(), to: z.string() })),
});
