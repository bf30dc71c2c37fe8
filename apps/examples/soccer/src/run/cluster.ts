import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a service needs to know to join: the distributed system of one run of the example. */
export interface Cluster {
  /** Moleculer's namespace, made for each run. */
  readonly namespace: string;
  /** The gateway's node id. */
  readonly gatewayId: string;
  /** The port that the gateway's node listens on. */
  readonly gatewayPort: number;
}

/** The environment's variable that hands a cluster to a service's process, as JSON. */
export const clusterVariable = "TIDEGATE_SOCCER_CLUSTER";

/** Where the demo says which cluster it runs. `TIDEGATE_SOCCER_FILE` names another file. */
const clusterFile =
  process.env.TIDEGATE_SOCCER_FILE ?? join(import.meta.dirname, "../../node_modules/.cache/demo.json");

/** Notes the cluster of a running demo, so that `demo:service` finds it. Returns what takes the note away. */
export function noteCluster(cluster: Cluster): () => void {
  const text = JSON.stringify(cluster);
  mkdirSync(dirname(clusterFile), { recursive: true });
  writeFileSync(clusterFile, text, { mode: 0o600 });
  return () => {
    if (readText() === text) rmSync(clusterFile, { force: true });
  };
}

/** The cluster that the environment names, else that of the demo that runs from this checkout; undefined where there is none. */
export function findCluster(): Cluster | undefined {
  const text = process.env[clusterVariable] ?? readText();
  return text === undefined ? undefined : JSON.parse(text);
}

function readText(): string | undefined {
  try {
    return readFileSync(clusterFile, "utf8");
  } catch {
    return undefined;
  }
}
