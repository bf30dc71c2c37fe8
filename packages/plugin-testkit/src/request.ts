import { Readable } from "node:stream";
import type { Body, Header, HttpRequest, Peer } from "@tidegate/core-registry";

/** A request of a test. All members are optional. */
export interface RequestParts {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query, as a client sends them. Default `/`. */
  readonly url?: string;
  /** Headers by name, in any case; a list has several of one name. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The parameters of the route. Default none. */
  readonly params?: Readonly<Record<string, string>>;
  /** A JSON body. Default none. */
  readonly json?: unknown;
  /** A body of any type; the type is its `content-type` header. Default none. */
  readonly text?: string;
  /** The prefix that the server removed. Default empty. */
  readonly base?: string;
  /** Default `127.0.0.1`, not encrypted. */
  readonly peer?: Partial<Peer>;
}

/** Creates a request as a server creates it. Its body can be read once. */
export function httpRequest(parts: RequestParts = {}): HttpRequest {
  const { method = "GET", url = "/", base = "", peer = {} } = parts;
  const headers = headersOf(parts);
  const header = (name: string): string | undefined => {
    const values = headers.filter(([one]) => one === name).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(name === "cookie" ? "; " : ", ");
  };
  const at = url.indexOf("?");
  return {
    method,
    url,
    base,
    path: at < 0 ? url : url.slice(0, at),
    params: Object.assign(Object.create(null), parts.params),
    query: queryOf(at < 0 ? "" : url.slice(at + 1)),
    header,
    headers,
    body: bodyOf(parts, header("content-type")),
    peer: { address: "127.0.0.1", encrypted: false, ...peer },
  };
}

function headersOf({ headers = {}, json, text }: RequestParts): readonly Header[] {
  const given = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): Header => [name.toLowerCase(), value]),
  );
  if (given.some(([name]) => name === "content-type")) return given;
  if (json !== undefined) return [...given, ["content-type", "application/json"]];
  return text === undefined ? given : [...given, ["content-type", "text/plain"]];
}

function queryOf(text: string): HttpRequest["query"] {
  const query: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

function bodyOf({ json, text }: RequestParts, contentType: string | undefined): Body {
  const content = json === undefined ? (text ?? "") : (JSON.stringify(json) ?? "null");
  const hasBody = json !== undefined || text !== undefined;
  let isRead = false;
  const read = (): string => {
    if (isRead) throw new Error("The body was read twice.");
    isRead = true;
    return content;
  };
  return {
    type: hasBody ? contentType?.split(";")[0]?.trim().toLowerCase() : undefined,
    json: async () => JSON.parse(read()),
    text: async () => read(),
    form: async () => Object.fromEntries(new URLSearchParams(read())),
    parts: () => noParts(),
    raw: () => Readable.from([Buffer.from(read())]),
  };
}

async function* noParts(): AsyncGenerator<never> {}
