import type {} from "moleculer";

/** What an action says to gateways in its definition: `tidegate: { idempotent: true }` (S13.1). */
export interface TidegateActionOptions {
  /**
   * True: calling the action twice has the effect of calling it once. A gateway then sends a call to a second
   * node if the first one is lost before it has answered. Default false.
   */
  readonly idempotent?: boolean;
}

declare module "moleculer" {
  namespace Service {
    interface ActionSchema {
      tidegate?: TidegateActionOptions;
    }
  }
}
