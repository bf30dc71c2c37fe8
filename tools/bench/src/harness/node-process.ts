import { fork } from "node:child_process";
import { once } from "node:events";
import { nodeFlags } from "./program.ts";

/** A message from the process of a node to the harness. */
type NodeMessage = { readonly ready: unknown } | { readonly memory: NodeMemory };

/** The memory of a process in bytes. */
export interface NodeMemory {
  /** Used now. */
  readonly resident: number;
  /** The most that was used since the process started. */
  readonly peak: number;
}

/** A process with a node, as the harness sees it. */
export interface NodeProcess<Ready> {
  /** What the node sent when it was ready. */
  readonly ready: Ready;
  memory(): Promise<NodeMemory>;
  stop(): Promise<void>;
}

/**
 * Starts a program that calls `runNode`. Resolves when its node is ready.
 * @param input the program's first argument, as JSON
 * @throws if the program ends first
 */
export async function startNode<Ready>(program: string, input: unknown): Promise<NodeProcess<Ready>> {
  const child = fork(program, [JSON.stringify(input)], {
    execArgv: [...nodeFlags, "--conditions=@tidegate/source"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const next = async (): Promise<NodeMessage> => {
    const ended = once(child, "exit").then(() => {
      throw new Error(`${program} ended.`);
    });
    ended.catch(() => undefined);
    const [message] = await Promise.race([once(child, "message"), ended]);
    return message;
  };
  const first = await next();
  if (!("ready" in first)) throw new Error(`${program} did not become ready.`);
  return {
    ready: first.ready as Ready,
    memory: async () => {
      const answer = next();
      child.send("memory");
      const message = await answer;
      if (!("memory" in message)) throw new Error(`${program} sent no memory.`);
      return message.memory;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** The program's side of `startNode`: starts the node, and ends with the harness. */
export async function runNode<Input>(start: (input: Input) => Promise<unknown>): Promise<void> {
  const send = (message: NodeMessage): void => void process.send?.(message);
  process.on("disconnect", () => process.exit());
  process.on("message", () => {
    const memory = { resident: process.memoryUsage().rss, peak: process.resourceUsage().maxRSS * 1_024 };
    send({ memory });
  });
  send({ ready: await start(JSON.parse(process.argv[2] ?? "")) });
}
