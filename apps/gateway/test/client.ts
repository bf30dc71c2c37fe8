import { Agent, get } from "node:http";

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends requests as fast as it can, over a few connections, until it is stopped. */
export interface LoadClient {
  /** What was answered, by status and body, and how often. */
  readonly answers: ReadonlyMap<string, number>;
  /** Requests that got no answer. */
  readonly failures: readonly unknown[];
  /** Ends the load; resolves when the last answer is there. */
  stop(): Promise<void>;
}

/**
 * Starts a load on several URLs in turn.
 * @param connections how many requests are under way at once; default 8
 */
export function startLoad(urls: readonly string[], connections = 8): LoadClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answers = new Map<string, number>();
  const failures: unknown[] = [];
  let running = true;
  const lane = async (first: number): Promise<void> => {
    for (let turn = first; running; turn++) {
      const url = urls[turn % urls.length] ?? "";
      try {
        const { status, body } = await ask(url, agent);
        const key = `${new URL(url).pathname} ${status} ${body}`;
        answers.set(key, (answers.get(key) ?? 0) + 1);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const lanes = Array.from({ length: connections }, (_, index) => lane(index));
  return {
    answers,
    failures,
    async stop() {
      running = false;
      await Promise.all(lanes);
      agent.destroy();
    },
  };
}

/** One GET over HTTP. */
export function ask(url: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, agent === undefined ? {} : { agent }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    }).on("error", reject);
  });
}
