import type { IncomingMessage } from "node:http";
import type { Writable } from "node:stream";
import type { Body, Header, HttpRequest, Peer, Scope } from "@tidegate/core-registry";
import { type BodyLimits, RequestBody } from "./body.ts";
import { correlationId, newId } from "./id.ts";
import { parseQuery } from "./query.ts";

type Query = HttpRequest["query"];

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** A request as the server carries it: what is costly is made when first read. Dispatch fills `base`, `path`, `url`, `params`, `vary`. */
export class ServerRequest implements HttpRequest {
  /** As sent, in capitals. */
  readonly method: string;
  /** Path and query as sent, after the branch's prefix. */
  url: string;
  /** Path after the branch's prefix, normalised, not decoded. */
  path = "/";
  /** The prefix that was taken off. */
  base = "";
  /** The headers that its branch was chosen by, for caches (S9.5). */
  vary: string | undefined = undefined;
  /** The route's parameters. */
  params: Readonly<Record<string, string>> = noParams;
  /** The scope that ends with the reply, once there is one. */
  scope: Scope | undefined = undefined;
  /** Node's own request. */
  readonly incoming: IncomingMessage;
  /** Where the reply goes: Node's own response, or an upgrade's connection. */
  readonly outgoing: Writable;
  readonly #limits: BodyLimits;
  #query: Query | undefined;
  #headers: readonly Header[] | undefined;
  #body: RequestBody | undefined;
  #id: string | undefined;
  #idTaken = false;

  /** @param limits how large a body may be */
  constructor(incoming: IncomingMessage, outgoing: Writable, limits: BodyLimits) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.method = incoming.method ?? "GET";
    this.url = incoming.url ?? "/";
    this.#limits = limits;
  }

  /** The query; parsed when first read. */
  get query(): Query {
    this.#query ??= parseQuery(this.url);
    return this.#query;
  }

  /** All headers, as received, names in lower case. */
  get headers(): readonly Header[] {
    this.#headers ??= pairs(this.incoming.rawHeaders);
    return this.#headers;
  }

  /** The body. */
  get body(): Body {
    this.#body ??= new RequestBody(this.incoming, this.#limits);
    return this.#body;
  }

  /** The other end of the socket. */
  get peer(): Peer {
    const { socket } = this.incoming;
    const address = socket.remoteAddress ?? "";
    return {
      address: address.startsWith("::ffff:") ? address.slice(7) : address,
      encrypted: "encrypted" in socket && socket.encrypted === true,
    };
  }

  /** The correlation id: the client's own where it is valid, else a new one. Made when first read. */
  get id(): string {
    this.#id ??= correlationId(this);
    return this.#id;
  }

  /** The correlation id where somebody asked for it already. */
  get idIfMade(): string | undefined {
    return this.#id;
  }

  /** Whether nobody waits for the reply any more. */
  get gone(): boolean {
    return this.outgoing.destroyed || this.incoming.errored !== null;
  }

  /** A header by its lower-case name. */
  header(name: string): string | undefined {
    const { headers } = this.incoming;
    if (!Object.hasOwn(headers, name)) return undefined;
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** The id for one context: the request's own the first time, a new one for each fork (a socket's requests). */
  takeId(): string {
    if (this.#idTaken) return newId();
    this.#idTaken = true;
    return this.id;
  }

  /** Calls back once when the client goes away before the reply was sent whole; at once where it is gone. */
  onGone(gone: () => void): void {
    if (this.gone) gone();
    else
      this.outgoing.once("close", () => {
        if (!this.outgoing.writableFinished) gone();
      });
  }
}

function pairs(raw: readonly string[]): readonly Header[] {
  const headers: Header[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    headers.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  }
  return headers;
}
