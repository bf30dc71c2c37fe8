import type { PlannedRequest } from "./benchmark.ts";

/** A request as it goes over the wire, in HTTP/1.1. */
export function bytesOf({ method, path, headers = {}, body = "" }: PlannedRequest): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
