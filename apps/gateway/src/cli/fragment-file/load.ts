import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildMessage } from "./child.ts";
import type { ExportedFragment } from "./find.ts";

/** A file contains no fragment that can be checked. The message names the file and the reason. */
export class FragmentFileError extends Error {
  override readonly name = "FragmentFileError";
}

const program = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));
/** How long a module that tried to open a connection can go on: it probably waits for that connection. */
const connectingSeconds = 2;
const maxStackLines = 6;

/**
 * Loads a module in a process of its own, which opens no connections, and returns the
 * fragments of its default export. What the module prints goes to standard error.
 *
 * @param path the absolute path
 * @param name the file as the user named it, for errors
 * @param maxSeconds how long loading can take
 * @throws {FragmentFileError} where the module cannot be loaded in time, or exports no fragment
 */
export async function loadModule(
  path: string,
  name: string,
  maxSeconds = 20,
): Promise<readonly ExportedFragment[]> {
  const child = fork(program, [path], { stdio: ["ignore", 2, 2, "ipc"] });
  const answer = await answerOf(child, maxSeconds);
  child.kill("SIGKILL");
  if ("fragments" in answer) return answer.fragments;
  throw new FragmentFileError(failureText(answer, name));
}

type Answer = { readonly fragments: readonly ExportedFragment[] } | Failure;

interface Failure {
  readonly failure: string;
  readonly stack?: string;
  readonly connected: boolean;
}

function answerOf(child: ChildProcess, maxSeconds: number): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  let connected = false;
  const fail = (failure: string): void => resolve({ failure, connected });
  const failAfter = (seconds: number, failure: string) => setTimeout(() => fail(failure), seconds * 1_000);
  const timers = [failAfter(maxSeconds, `was not loaded within ${maxSeconds} s.`)];
  child.on("message", (message: ChildMessage) => {
    if ("fragments" in message || "failure" in message) resolve(message);
    else {
      connected = true;
      timers.push(failAfter(connectingSeconds, "cannot be loaded."));
    }
  });
  child.once("exit", (code, signal) => fail(`ended its process while it was loaded (${signal ?? code}).`));
  child.once("error", (error) => fail(`cannot be loaded: ${error.message}`));
  return promise.finally(() => {
    for (const timer of timers) clearTimeout(timer);
  });
}

function failureText({ failure, stack, connected }: Failure, name: string): string {
  const reason = stack === undefined ? failure : `cannot be loaded: ${failure}${firstFrames(stack, failure)}`;
  const hint = connected
    ? "\nIt tries to open a connection while it is loaded, which is not possible here. " +
      "Export the schema of the service, and start the broker in another module."
    : "";
  return `${name} ${reason}${hint}`;
}

/** The lines of a stack that show code of the user. */
function firstFrames(stack: string, message: string): string {
  const lines = stack
    .split("\n")
    .filter((line) => line.trim() !== "" && !message.includes(line.trim()) && !line.endsWith(`: ${message}`))
    .filter((line) => !/node:|node_modules|fragment-file[\\/]child/.test(line))
    .slice(0, maxStackLines);
  return lines.map((line) => `\n${line}`).join("");
}
