import { type CheckRequest, createRegistry, type Report } from "@tidegate/core-registry";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox as createSandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";

/** What cannot be known without the services that are there. */
const needsServices = new Set(["ACTION_UNKNOWN"]);

/** Checks a fragment by itself: a registry of the default plugins, where no service is. Opens no socket. */
export async function checkLocally(request: CheckRequest): Promise<Report> {
  const registry = createRegistry({
    brokers: [],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    sandbox: createSandbox(),
    contexts: h3Server().contexts,
  });
  try {
    const report = await registry.check(request);
    return { ...report, findings: report.findings.filter(({ code }) => !needsServices.has(code)) };
  } finally {
    await registry.stop();
  }
}
