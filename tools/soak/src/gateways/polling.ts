import { Agent, get } from "node:http";

/** Requests one URL repeatedly, also while the gateway restarts. */
export interface Poller {
  /** The number of responses by status. `none` counts failed connections. */
  readonly answers: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

const intervalMs = 5;

/** Starts to request a URL repeatedly. */
export function pollUrl(url: string): Poller {
  const agent = new Agent({ keepAlive: false });
  const answers: Record<string, number> = {};
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let isStopped = false;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      const status = await ask(url, agent);
      answers[status] = (answers[status] ?? 0) + 1;
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, intervalMs))]);
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
