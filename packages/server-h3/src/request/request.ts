import { type IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type {
  Body,
  ContextFactory,
  Header,
  HttpRequest,
  Peer,
  Route,
  Scope,
  Version,
} from "@tidegate/core-registry";
import { createCorrelation, type ForkableCorrelation } from "@tidegate/core-registry/runtime";
import { type BodyLimits, RequestBody } from "./body.ts";
import { onConnectionClose } from "./connection-close.ts";
import { parseFields } from "./fields.ts";

type Query = HttpRequest["query"];

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/**
 * A request while the server handles it. Query, headers, body and id are read from Node's request when they
 * are first needed. `readTarget` sets `base`, `path`, `url` and `vary`; the matched route sets `params`.
 */
export class ServerRequest implements HttpRequest {
  readonly method: string;
  url: string;
  path = "/";
  base = "";
  /** The headers that the branch was selected by, for `Vary` (S9.5). */
  vary: string | undefined = undefined;
  params: Readonly<Record<string, string>> = noParams;
  /** Set once a route or page runs; ended with the reply. */
  scope: Scope | undefined = undefined;
  /** The route that handles the request and its version, which name the plugin where it fails. */
  route: Route | undefined = undefined;
  version: Version | undefined = undefined;
  /** The factories of later scopes, where hooks of middleware have read the context before. */
  factories: Map<string, ContextFactory> | undefined = undefined;
  /** Whether the connection is closed after the reply, because the rest of the request body is not read. */
  closesConnection = false;
  readonly incoming: IncomingMessage;
  /** Node's response, or the connection of an upgrade. */
  readonly outgoing: Writable;
  readonly #limits: BodyLimits;
  #query: Query | undefined;
  #headers: readonly Header[] | undefined;
  #body: RequestBody | undefined;
  #closeListeners: (() => void)[] | undefined;
  #correlation: ForkableCorrelation | undefined;

  constructor(incoming: IncomingMessage, outgoing: Writable, limits: BodyLimits) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.method = incoming.method ?? "GET";
    this.url = incoming.url ?? "/";
    this.#limits = limits;
  }

  get query(): Query {
    if (this.#query === undefined) {
      const start = this.url.indexOf("?");
      this.#query = parseFields(start === -1 ? "" : this.url.slice(start + 1));
    }
    return this.#query;
  }

  get headers(): readonly Header[] {
    this.#headers ??= headerPairs(this.incoming.rawHeaders);
    return this.#headers;
  }

  get body(): Body {
    this.#body ??= new RequestBody(this.incoming, this.#limits, () => this.#sendContinue());
    return this.#body;
  }

  get peer(): Peer {
    const { socket } = this.incoming;
    const address = socket.remoteAddress ?? "";
    return {
      address: address.startsWith("::ffff:") ? address.slice(7) : address,
      encrypted: "encrypted" in socket && socket.encrypted === true,
    };
  }

  /** The request id and the trace (S12.7). */
  get correlation(): ForkableCorrelation {
    this.#correlation ??= createCorrelation(this);
    return this.#correlation;
  }

  /** The request's id, which the reply carries as `x-request-id`. */
  get id(): string {
    return this.correlation.requestId;
  }

  /** Whether the client is disconnected, so that a reply cannot be sent any more. */
  get clientGone(): boolean {
    return this.outgoing.destroyed || this.incoming.socket.destroyed || this.incoming.errored !== null;
  }

  header(name: string): string | undefined {
    const { headers } = this.incoming;
    if (!Object.hasOwn(headers, name)) return undefined;
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /**
   * Calls the listener once when the client is gone; at once if it already is.
   * @returns a function that removes the listener, to be called when the reply is sent
   */
  onClientGone(listener: () => void): () => void {
    if (!this.clientGone) return onConnectionClose(this.incoming.socket, listener);
    listener();
    return () => undefined;
  }

  /**
   * Calls the listener once when the reply is sent or the client is gone, at once if that has happened; for
   * an accepted upgrade when its socket is closed. All listeners share one of Node's.
   */
  onClose(listener: () => void): void {
    if (this.outgoing.closed) {
      listener();
      return;
    }
    if (this.#closeListeners === undefined) {
      const listeners: (() => void)[] = [];
      this.#closeListeners = listeners;
      this.outgoing.once("close", () => {
        for (const call of listeners) call();
      });
    }
    this.#closeListeners.push(listener);
  }

  /** Sent once something reads the body: not for an unknown route, nor where the request is refused. */
  #sendContinue(): void {
    const { outgoing, incoming } = this;
    if (incoming.headers.expect === undefined || incoming.httpVersionMinor === 0) return;
    if (outgoing instanceof ServerResponse && !outgoing.headersSent && !outgoing.destroyed)
      outgoing.writeContinue();
  }
}

function headerPairs(raw: readonly string[]): readonly Header[] {
  const headers: Header[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    headers.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  }
  return headers;
}
