/** What a contender's process tells the harness. */
export type ContenderMessage = { readonly port: number } | { readonly cpuMicroseconds: number };

/**
 * Makes the process a contender: starts its server on a free port of 127.0.0.1, tells the harness where it listens, and how
 * much CPU time the process has used whenever it is asked. The process ends with the harness.
 * @param start resolves with the port when the server takes requests
 */
export async function contend(start: () => Promise<number>): Promise<void> {
  const send = (message: ContenderMessage): void => void process.send?.(message);
  process.on("disconnect", () => process.exit());
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    send({ cpuMicroseconds: user + system });
  });
  send({ port: await start() });
}
