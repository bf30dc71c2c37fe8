import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Header, Reply } from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import { checkStatus, reasonOf, sendableHeaders } from "./response.ts";

/**
 * Writes a reply on a connection that Node's HTTP has let go of, and closes it.
 * @throws `REPLY_INVALID` where it cannot be sent; nothing is written then
 */
export function writeReply(request: ServerRequest, { status, headers, body }: Reply): void {
  const { outgoing } = request;
  checkStatus(status);
  const sent: Header[] = sendableHeaders(headers);
  const id = request.idIfMade;
  if (id !== undefined) sent.push(["x-request-id", id]);
  if (!(body instanceof Readable))
    sent.push(["content-length", String(body === null ? 0 : Buffer.byteLength(body))]);
  sent.push(["connection", "close"]);
  outgoing.write(headText(`${status} ${reasonOf(status)}`, sent));
  if (body instanceof Readable) {
    // Its end is the connection's; where it fails the connection is cut.
    pipeline(body, outgoing).then(
      () => outgoing.destroy(),
      () => outgoing.destroy(),
    );
  } else outgoing.end(body ?? "", () => outgoing.destroy());
}

function headText(status: string, headers: readonly Header[]): string {
  return [`HTTP/1.1 ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
}
