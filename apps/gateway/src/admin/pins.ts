import type { Pin, PinTarget } from "@tidegate/core-registry/registry";
import { z } from "zod";

const branch = z.string().regex(/^[a-z0-9_-]{1,64}$/, "must be the name of a branch");
const service = z.string().min(1).max(256);
const to = z.string().regex(/^[0-9a-f]{8,32}$/, "must be 8 to 32 hex digits");

/** The header in which a client of the admin socket names itself: `process 123 of alice`. */
export const callerHeader = "x-tidegate-caller";

/** Validates the body of `POST /pins`. */
export const pinSchema: z.ZodType<Pin> = z.strictObject({ branch, service: service.exactOptional(), to });

/** Validates the body of `DELETE /pins`. */
export const pinTargetSchema: z.ZodType<PinTarget> = z.strictObject({
  branch,
  service: service.exactOptional(),
});

/** The answer to every request for `/pins`. */
export interface Pins {
  readonly pins: readonly Pin[];
}

/** Validates the answer on the client's side. */
export const pinsSchema: z.ZodType<Pins> = z.looseObject({
  pins: z.array(z.looseObject({ branch: z.string(), service: z.string().exactOptional(), to: z.string() })),
});
