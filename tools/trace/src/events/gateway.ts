import type { Broker, Clock, Logger } from "@tidegate/core-registry";
import { createDefaultGateway, type Gateway } from "@tidegate/gateway";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";

const ignore = (): void => undefined;
/** A logger of this tool, so that the functions of a logger are not among the counted ones. */
const noLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** A gateway as `apps/gateway` composes one from an empty configuration, on a free port, with one broker. */
export function composeGateway(broker: Broker, clock?: Clock): Gateway {
  return createDefaultGateway({
    brokers: [broker],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    server: h3Server({ host: "127.0.0.1", port: 0 }),
    logger: noLogger,
    ...(clock !== undefined && { clock }),
  });
}
