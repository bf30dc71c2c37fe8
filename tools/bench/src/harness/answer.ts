/** An HTTP/1.1 answer that has come whole. */
export interface Answer {
  /** Its status. */
  readonly status: number;
  /** Its body. */
  readonly body: Buffer;
  /** Whether the server closes the connection after it. */
  readonly closes: boolean;
}

/**
 * Reads one answer with a `content-length`, or without a body, from the beginning of some bytes; undefined while it is not whole.
 * @throws for chunked answers: contenders send short bodies whole
 */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = bytes.toString("latin1", 0, end).toLowerCase();
  if (head.includes("\r\ntransfer-encoding:")) throw new Error("Cannot read chunked answers.");
  const [, length = "0"] = /\r\ncontent-length: *(\d+)/.exec(head) ?? [];
  const from = end + 4;
  const to = from + Number(length);
  if (bytes.length < to) return undefined;
  return {
    status: Number(head.slice(9, 12)),
    body: bytes.subarray(from, to),
    closes: head.includes("\r\nconnection: close"),
  };
}
