import { Agent, get } from "node:http";

/** A response. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A client that sends requests as fast as possible over several connections. */
export interface LoadClient {
  /** The number of responses by path, status and body. */
  readonly answers: ReadonlyMap<string, number>;
  /** The errors of requests without a response. */
  readonly failures: readonly unknown[];
  /** Stops sending. Resolves after the last response. */
  stop(): Promise<void>;
}

/**
 * Starts to send requests to the URLs in turn.
 * @param connections the number of concurrent requests. Default 8
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

/** Sends a GET request. */
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
