import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The Moleculer network of one run of the demo: what a service needs to join it. */
export interface Cluster {
  /** Moleculer's namespace, unique to the run. */
  readonly namespace: string;
  /** The node id of the gateway. */
  readonly gatewayId: string;
  /** The port of the gateway's Moleculer node. */
  readonly gatewayPort: number;
}

/** The environment variable that passes the cluster to the process of a service, as JSON. */
export const clusterVariable = "TIDEGATE_SOCCER_CLUSTER";

/**
 * The file in which the demo stores its cluster. The environment variable `TIDEGATE_SOCCER_FILE` names
 * another file.
 */
const clusterFile =
  process.env.TIDEGATE_SOCCER_FILE ?? join(import.meta.dirname, "../../node_modules/.cache/demo.json");

/**
 * Stores the cluster of the running demo, so that `demo:service` can join it. Returns a function that deletes
 * it.
 */
export function saveCluster(cluster: Cluster): () => void {
  const text = JSON.stringify(cluster);
  mkdirSync(dirname(clusterFile), { recursive: true });
  writeFileSync(clusterFile, text, { mode: 0o600 });
  return () => {
    if (readFileIfExists() === text) rmSync(clusterFile, { force: true });
  };
}

/**
 * Finds the cluster of the environment or of the demo that runs in this checkout. Undefined if there is none.
 */
export function findCluster(): Cluster | undefined {
  const text = process.env[clusterVariable] ?? readFileIfExists();
  return text === undefined ? undefined : JSON.parse(text);
}

function readFileIfExists(): string | undefined {
  try {
    return readFileSync(clusterFile, "utf8");
  } catch {
    return undefined;
  }
}
