import { type CallRequest, masterBranch } from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";
import { actionOnBranch, type BranchNode, readNodeId } from "../wire/names.ts";

/** Where one attempt of a call goes. */
export interface Target {
  /** Moleculer's name of the action: `player~preview.get`. */
  readonly action: string;
  /** Moleculer's node id; undefined: Moleculer chooses a node. */
  readonly nodeID: string | undefined;
  /** The node's id as the core knows it: `laptop~preview`; undefined: Moleculer chooses a node. */
  readonly node: string | undefined;
}

/**
 * Selects the nodes of calls (S9.7, S13.1). If a request names nodes, calls go to these in turn, since
 * Moleculer balances over all nodes or none, and never to a node of another branch. If it names none, they go
 * to the service on the branch, else to the plain service.
 */
export class NodeSelector {
  readonly #broker: ServiceBroker;
  readonly #nodes = new WeakMap<readonly string[], readonly BranchNode[]>();
  #turn = 0;

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /**
   * Selects the node of the next attempt; undefined if no node is left.
   * @param excluded nodes that were tried before
   */
  select(
    branch: string,
    { action, nodes: ids }: CallRequest,
    excluded: readonly string[],
  ): Target | undefined {
    if (ids === undefined) {
      const name =
        branch === masterBranch ? action : (actionOnBranch(this.#broker, action, branch) ?? action);
      const isFirst = excluded.length === 0;
      return isFirst
        ? { action: name, nodeID: undefined, node: undefined }
        : this.#selectOther(name, excluded);
    }
    let nodes = this.#nodes.get(ids);
    if (nodes === undefined) {
      nodes = ids.map((id) => readNodeId(this.#broker, id));
      this.#nodes.set(ids, nodes);
    }
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[(this.#turn + index) % nodes.length];
      if (node === undefined || excluded.includes(node.id)) continue;
      const name = this.#actionOnNode(action, branch, node);
      if (name !== undefined) return { action: name, nodeID: node.nodeID, node: node.id };
    }
    return undefined;
  }

  /** Selects a node that was not tried before from all that provide the action. */
  #selectOther(name: string, excluded: readonly string[]): Target | undefined {
    const endpoints = this.#broker.registry.getActionEndpoints(name)?.endpoints ?? [];
    const free = endpoints.filter(({ id, isAvailable }) => isAvailable && !excluded.includes(id));
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    const id = free[this.#turn % free.length]?.id;
    return id === undefined ? undefined : { action: name, nodeID: id, node: id };
  }

  /** Moleculer's name of an action on a node; undefined if the node does not provide it for the branch. */
  #actionOnNode(action: string, branch: string, node: BranchNode): string | undefined {
    if (node.branch !== undefined)
      return node.branch === branch ? actionOnBranch(this.#broker, action, branch, node.nodeID) : undefined;
    const endpoint = this.#broker.registry.getActionEndpointByNodeId(action, node.nodeID);
    return endpoint?.isAvailable === true ? action : undefined;
  }
}
