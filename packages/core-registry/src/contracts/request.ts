import type { Readable } from "node:stream";

/** The methods that a route can have. HEAD follows GET; OPTIONS answers CORS (S4.1). */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One header with its name in lower case. A list of headers can contain a name twice. */
export type Header = readonly [name: string, value: string];

/** An HTTP request with the route's parameters. */
export interface HttpRequest {
  /** The method as the client sent it, in upper case. */
  readonly method: string;
  /** The path and query as sent, without the branch's prefix. */
  readonly url: string;
  /** The path without the branch's prefix; normalised, not decoded. */
  readonly path: string;
  /** The removed prefix: empty, `/~branch` or `/~branch@tag`. */
  readonly base: string;
  /** The route's parameters, decoded once. The object has no prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** The query; a repeated key has an array. The object has no prototype. Parsed when it is first read. */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /**
   * Returns a header by its lower-case name. Repeated headers are joined by a comma, cookies by a semicolon.
   */
  header(name: string): string | undefined;
  /** All headers in the received order. */
  readonly headers: readonly Header[];
  /** The body, which can be read once. */
  readonly body: Body;
  readonly peer: Peer;
}

/** The other end of the TCP connection. It can be a proxy: the `ip` context finds the client's address. */
export interface Peer {
  readonly address: string;
  readonly encrypted: boolean;
}

/** The body of a request (S4.3). Reading more than the limit throws `BODY_TOO_LARGE`. */
export interface Body {
  /** The media type in lower case without parameters; undefined where there is no body. */
  readonly type: string | undefined;
  /**
   * Parses JSON, without `__proto__`, `constructor` and `prototype` members. Undefined where the body is
   * empty.
   * @param numbers `any` accepts numbers that would change, such as 2^53+1 or `1e400`. Default: `exact`
   * @throws `BODY_MALFORMED` also where it is nested too deep; `BAD_USER_INPUT` with the path of a number
   * that would change (S3.2)
   */
  json(numbers?: "exact" | "any"): Promise<unknown>;
  /** Decodes text in the charset of the content type. */
  text(): Promise<string>;
  /** Parses URL-encoded fields; a repeated key has an array. */
  form(): Promise<Record<string, unknown>>;
  /** Parses multipart data, part by part; files are streams. */
  parts(): AsyncIterable<BodyPart>;
  /** Returns the bytes as they arrive, without buffering them. */
  raw(): Readable;
}

/** One part of a multipart body: a field or a file. */
export type BodyPart =
  | { readonly kind: "field"; readonly name: string; readonly value: string }
  | { readonly kind: "file"; readonly name: string; readonly file: FileValue };

/** A file that is sent to or from an action (S8). The client chooses name, type and encoding. */
export interface FileValue {
  readonly filename?: string;
  readonly mimetype?: string;
  readonly encoding?: string;
  /** Opens the file's bytes. Can be called once. */
  createReadStream(): Readable;
}
