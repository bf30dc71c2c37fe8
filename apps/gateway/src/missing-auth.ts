import type { Logger } from "@tidegate/core-registry";
import type { Registry } from "@tidegate/core-registry/registry";
import { printable } from "./text.ts";

/**
 * Warns once in the log if a service has rules about who the client is, and the gateway authenticates nobody.
 * Returns a function that ends this.
 */
export function warnWithoutAuth(registry: Pick<Registry, "onReport">, logger: Logger): () => void {
  const unsubscribe = registry.onReport(({ service, findings }) => {
    const finding = findings.find(({ code }) => code === "AUTH_MISSING");
    if (finding === undefined) return;
    unsubscribe();
    logger.warn(
      printable(
        `This gateway authenticates nobody, but a rule of ${service} (${finding.jsonPath}) asks who the client is. ` +
          "A rule with `scope` denies every client. Configure server.context.auth.",
      ),
    );
  });
  return unsubscribe;
}
