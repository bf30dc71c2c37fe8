import type { Readable } from "node:stream";

/** Methods that a route can have. HEAD follows GET; OPTIONS answers CORS (S4.1). */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One header. Names in lower case; a name may stand twice. */
export type Header = readonly [name: string, value: string];

/** An HTTP request, dispatched. */
export interface HttpRequest {
  /** As sent, in capitals. */
  readonly method: string;
  /** Path and query as sent, after the branch's prefix. */
  readonly url: string;
  /** Path after the branch's prefix, normalised, not decoded. */
  readonly path: string;
  /** The prefix that was taken off: empty, `/~branch` or `/~branch@tag`. */
  readonly base: string;
  /** The route's parameters, decoded once; without prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** The query; a repeated key is an array; without prototype. Parsed when first read. */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** A header by its lower-case name. Several of one name are joined by a comma (cookies: a semicolon). */
  header(name: string): string | undefined;
  /** All headers, as received. */
  readonly headers: readonly Header[];
  /** The body, read at most once. */
  readonly body: Body;
  /** Who is at the other end of the socket. */
  readonly peer: Peer;
}

/** The other end of the socket; proxies are looked through only by the `ip` context. */
export interface Peer {
  /** Its IP address. */
  readonly address: string;
  /** Whether the connection is encrypted. */
  readonly encrypted: boolean;
}

/** A request's body (S4.3). Limits hold for all ways to read it; over one: `BODY_TOO_LARGE`. */
export interface Body {
  /** The media type in lower case without parameters, or undefined where there is no body. */
  readonly type: string | undefined;
  /** JSON, without `__proto__`, `constructor`, `prototype` members and no deeper than the limit. @throws `BODY_MALFORMED` */
  json(): Promise<unknown>;
  /** Text in the charset that it says. */
  text(): Promise<string>;
  /** URL-encoded fields; a repeated key is an array. */
  form(): Promise<Record<string, unknown>>;
  /** Multipart, part after part, files as streams. */
  parts(): AsyncIterable<BodyPart>;
  /** The bytes as they come. */
  raw(): Readable;
}

/** One part of a multipart body: a field's text, or a file. */
export type BodyPart =
  | { readonly kind: "field"; readonly name: string; readonly value: string }
  | { readonly kind: "file"; readonly name: string; readonly file: FileValue };

/** A file or stream on its way (S8). */
export interface FileValue {
  /** Its name, as the client says. */
  readonly filename?: string;
  /** Its media type, as the client says. */
  readonly mimetype?: string;
  /** Its transfer encoding, as the client says. */
  readonly encoding?: string;
  /** Its bytes; once. */
  createReadStream(): Readable;
}
