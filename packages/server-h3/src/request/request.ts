import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
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
import { type BodyLimits, parseFields, RequestBody } from "./body.ts";

type Query = HttpRequest["query"];

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));
const requestIdPattern = /^[\w.~+/=:-]{1,128}$/;
/** W3C Trace Context, level 1: version, trace id, parent id, flags; later versions can append fields. */
const traceparentPattern =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

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
  /** The correlation id where `id` was read before. The reply then carries it. */
  usedId: string | undefined = undefined;
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
  #idUsedByContext = false;

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
    this.#body ??= new RequestBody(this.incoming, this.#limits);
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

  /** The correlation id; see {@link correlationId}. */
  get id(): string {
    this.usedId ??= correlationId(this);
    return this.usedId;
  }

  /** Whether the client is disconnected, so that a reply cannot be sent any more. */
  get clientGone(): boolean {
    return this.outgoing.destroyed || this.incoming.errored !== null;
  }

  header(name: string): string | undefined {
    const { headers } = this.incoming;
    if (!Object.hasOwn(headers, name)) return undefined;
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** The id for a context: the first one gets the request's own, each later one on the socket a new id. */
  idForContext(): string {
    if (this.#idUsedByContext) return randomUUID();
    this.#idUsedByContext = true;
    return this.id;
  }

  /** Calls the listener once when the client is gone before the reply is sent; at once if it already is. */
  onClientGone(listener: () => void): void {
    if (this.clientGone) listener();
    else
      this.outgoing.once("close", () => {
        if (!this.outgoing.writableFinished) listener();
      });
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
}

function headerPairs(raw: readonly string[]): readonly Header[] {
  const headers: Header[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    headers.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  }
  return headers;
}

/** Host and port of a request: of an absolute URL (RFC 9112, 3.2.2), else of the `Host` header. */
export function requestedHost(request: ServerRequest): string {
  const target = request.incoming.url ?? "/";
  if (target.startsWith("/") || !URL.canParse(target)) return request.header("host") ?? "";
  return new URL(target).host;
}

/**
 * The correlation id of a request: its `x-request-id`, else the trace id of its `traceparent`, each only
 * where valid; else a new UUID.
 */
export function correlationId(request: { header(name: string): string | undefined }): string {
  const given = request.header("x-request-id");
  if (given !== undefined && requestIdPattern.test(given)) return given;
  return traceId(request.header("traceparent")) ?? randomUUID();
}

function traceId(traceparent: string | undefined): string | undefined {
  if (traceparent === undefined) return undefined;
  const match = traceparentPattern.exec(traceparent);
  // Version 00 ends with the flags.
  if (match === null || (traceparent.startsWith("00") && traceparent.length !== 55)) return undefined;
  return match[1];
}
