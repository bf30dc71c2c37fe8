import {
  type Context,
  type HttpRequest,
  type MiddlewareInput,
  type Scope,
  TidegateError,
} from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import type { ServerParts } from "../served.ts";
import { discardReply } from "./check-reply.ts";
import { makeEarlyScope } from "./early-scope.ts";

/** How long a hook can run, in milliseconds (S17). */
export const hookTimeoutMs = 10_000;

/** What the hooks of one request are given, and how long the gateway waits for each of them. */
export class HookInput implements MiddlewareInput {
  readonly receivedAt: number;
  readonly isUpgrade: boolean;
  readonly #parts: ServerParts;
  readonly #request: ServerRequest;
  #earlyScope: Scope | undefined;
  #watchesClient = false;
  #isOver = false;
  /** Ends the wait for the running hook, because the client is gone. */
  #cancelWait: (() => void) | undefined;

  constructor(parts: ServerParts, request: ServerRequest, isUpgrade: boolean) {
    this.receivedAt = parts.clock.now();
    this.isUpgrade = isUpgrade;
    this.#parts = parts;
    this.#request = request;
  }

  get request(): HttpRequest {
    return this.#request;
  }

  get id(): string {
    return this.#request.id;
  }

  get context(): Context {
    const { scope } = this.#request;
    if (scope !== undefined) return scope.context;
    if (this.#isOver) throw new TidegateError("CANCELLED", "The request has ended.");
    this.#earlyScope ??= makeEarlyScope(this.#parts, this.#request);
    return this.#earlyScope.context;
  }

  /**
   * Waits for the promise of a hook. What the promise does later has no effect.
   * @throws `CANCELLED` where the client is gone, an error where the time is over
   */
  wait(result: PromiseLike<unknown>): Promise<unknown> {
    this.#watchClient();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let isOver = false;
    const giveUp = (error: Error): void => {
      isOver = true;
      reject(error);
    };
    const stopTimer = this.#parts.clock.after(hookTimeoutMs, () =>
      giveUp(new Error(`It did not settle within ${hookTimeoutMs / 1000} s.`)),
    );
    this.#cancelWait = () => giveUp(new TidegateError("CANCELLED"));
    if (this.#request.clientGone) this.#cancelWait();
    Promise.resolve(result)
      .then((value) => (isOver ? discardReply(value) : resolve(value)))
      .catch(reject);
    return promise.finally(() => {
      stopTimer();
      this.#cancelWait = undefined;
    });
  }

  /** Called after the last hook. Values that only hooks have read are closed with the reply. */
  end(): void {
    this.#isOver = true;
    const scope = this.#earlyScope;
    if (scope !== undefined) this.#request.onClose(() => scope.end());
  }

  #watchClient(): void {
    if (this.#watchesClient) return;
    this.#watchesClient = true;
    this.#request.onClose(() => this.#cancelWait?.());
  }
}
