import { fork } from "node:child_process";

/** The flags of Node that docs/configuration.md recommends. All measured processes use them. */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=8", "--no-allocation-site-pretenuring"];

/**
 * Runs a program in a child process with access to the garbage collector. Resolves with the one message that
 * the program sends. The child process ends with this process.
 * @param input the program's first argument, as JSON
 * @throws if the program ends without a message
 */
export async function runProgram<Message>(program: string, input: unknown): Promise<Message> {
  const child = fork(program, [JSON.stringify(input)], {
    execArgv: [...nodeFlags, "--conditions=@tidegate/source", "--expose-gc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Message>();
  let message: Message | undefined;
  child.on("message", (received) => {
    message = received as Message;
  });
  child.on("error", reject);
  child.on("exit", (code, signal) => {
    if (message !== undefined) resolve(message);
    else reject(new Error(`${program} ended with ${signal ?? `exit code ${code}`} without a result.`));
  });
  return promise;
}

/**
 * The program's side of `runProgram`: computes the message from the input, sends it, and ends the process.
 */
export async function answerProgram<Input, Message>(run: (input: Input) => Promise<Message>): Promise<void> {
  const exit = (): never => process.exit();
  process.on("disconnect", exit);
  const message = await run(JSON.parse(process.argv[2] ?? ""));
  process.off("disconnect", exit);
  process.send?.(message, () => process.exit());
}
