import { Agent, get } from "node:http";

/** Asks one gateway for what is always served, again and again, also while the gateway restarts. */
export interface Asking {
  /** How often each status was answered; `none` where nobody listened. */
  readonly answers: Readonly<Record<string, number>>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Milliseconds between two requests. */
const spacing = 5;

/** Begins to ask. */
export function askSteadily(url: string): Asking {
  const agent = new Agent({ keepAlive: false });
  const answers: Record<string, number> = {};
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let isStopped = false;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      const status = await ask(url, agent);
      answers[status] = (answers[status] ?? 0) + 1;
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, spacing))]);
    }
  };
  const running = run();
  return {
    answers,
    async stop() {
      isStopped = true;
      stop();
      await running;
      agent.destroy();
    },
  };
}

function ask(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(String(response.statusCode)));
      response.on("error", () => resolve("none"));
    });
    request.on("error", () => resolve("none"));
  });
}
