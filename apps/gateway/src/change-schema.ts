import type { Change } from "@tidegate/core-registry";
import { z } from "zod";

/** A change as another gateway sends it. */
export const changeSchema: z.ZodType<Change> = z.looseObject({
  kind: z.enum(["added", "removed", "changed"]),
  plugin: z.string(),
  label: z.string(),
  level: z.enum(["safe", "dangerous", "breaking"]),
  detail: z.string().exactOptional(),
  service: z.string().exactOptional(),
});
