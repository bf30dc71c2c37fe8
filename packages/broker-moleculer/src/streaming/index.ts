import type { Middleware, ServiceBroker } from "moleculer";
import { createLinks } from "./links.ts";
import { creditPeers, declareCredit } from "./peers.ts";
import { receivingHook } from "./receiving.ts";
import { sendingHooks } from "./sending.ts";
import { type CreditWindow, defaultWindow } from "./window.ts";

export type { CreditWindow } from "./window.ts";

/**
 * Moleculer middleware that gives remote streams, in calls and in answers, back-pressure and an end on both sides (S8, S13.1): a
 * sender is never further ahead of its reader than the window that the reader's node grants; a reader that goes away ends
 * the sender's source; a source that fails, and a node that is lost, end the reader's stream with an error.
 *
 * Nodes that have it say so in their metadata (`tidegate.credit`) and with each call; with other nodes streams are
 * Moleculer's own. In streams of bytes under JSON, chunks travel as base64, a third of what Moleculer makes of them.
 * @param window what this node grants to each stream that is sent to it. Default: 512 KiB, 64 chunks.
 */
export function creditStreams(window: CreditWindow = defaultWindow): (broker: ServiceBroker) => Middleware {
  return (broker) => {
    const links = createLinks(broker, window);
    const peers = creditPeers(broker);
    const { remoteAction, call, transitPublish, sendResponse } = sendingHooks(broker, window, links, peers);

    const created = (): void => {
      const { transit } = broker;
      if (!transit) return;
      declareCredit(broker, window);
      // Moleculer has no hook between an action's answer and its packets.
      transit.sendResponse = sendResponse(transit.sendResponse.bind(transit));
      broker.localBus.on("$node.disconnected", ({ node }: { readonly node: { readonly id: string } }) => {
        peers.forget(node.id);
        links.lost(node.id);
      });
    };
    const hooks: object = {
      name: "TidegateCreditStreams",
      remoteAction,
      call,
      transitPublish,
      transitMessageHandler: receivingHook(broker, links, peers),
      created,
      stopped: async () => links.close(),
    };
    // Moleculer's types take a hook's result for the hook.
    return hooks as Middleware;
  };
}
