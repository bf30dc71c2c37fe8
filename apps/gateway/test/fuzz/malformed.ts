import fc from "fast-check";
import { contentTypes } from "./bodies.ts";

const framings = [
  ...[
    "content-length: 5\r\ncontent-length: 6",
    "content-length: -1",
    "content-length: 0x5",
    "content-length: 1e9",
  ],
  ...[
    "transfer-encoding: chunked\r\ncontent-length: 5",
    "transfer-encoding: gzip, chunked",
    "transfer-encoding: x",
  ],
  ...[
    "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
    "transfer-encoding : chunked",
    "content-length: 99",
  ],
  ...[
    "transfer-encoding: chunked, identity",
    "transfer-encoding:\u000bchunked",
    "content-length: 5\r\n folded: 1",
  ],
  ...["connection: upgrade\r\nupgrade: websocket", "connection: upgrade\r\nupgrade: h2c", "te: trailers"],
  ...[
    "connection: close, host",
    "host: evil",
    "expect: 100-continue\r\ncontent-length: 5",
    "a\u0000b: c",
    ": x",
  ],
  ...["upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: x", "x"],
];
const chunks = [
  ...[
    "5\r\nhello\r\n0\r\n\r\n",
    "hello",
    "",
    "5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n",
    "FFFFFFFFFFFFFFFFF\r\n",
    "-1\r\n",
    "0\r\n",
  ],
  ...[
    "5\nhello\n0\n\n",
    "1 \r\na\r\n0\r\n\r\n",
    "5\r\nhell",
    "GET /fuzz/steady/x HTTP/1.1\r\nhost: a\r\n\r\n",
    "\u0000",
  ],
];
const firstLines = [
  ...[
    "GET /fuzz/path/1 HTTP/1.1",
    "POST /fuzz/body HTTP/1.1",
    "POST /fuzz/stream HTTP/1.1",
    "GET / HTTP/1.0",
  ],
  ...[
    "GET / HTTP/2.0",
    "GET /",
    "CONNECT a:1 HTTP/1.1",
    "GET  / HTTP/1.1",
    "get / HTTP/1.1",
    "\r\nGET / HTTP/1.1",
  ],
  ...["GET /\u0000 HTTP/1.1", "GET / HTTP/1.1 x", "PRI * HTTP/2.0", "\u0016\u0003\u0001", "A".repeat(20_000)],
  ...[
    "POST /fuzz/map HTTP/1.1",
    "PATCH /fuzz/declared HTTP/1.1",
    "POST /graphql HTTP/1.1",
    "GET /feed HTTP/1.1",
  ],
];

/** Bytes whose framing is wrong, cut off, or that of another protocol. */
export const malformedBytes: fc.Arbitrary<Buffer> = fc
  .record({
    first: fc.constantFrom(...firstLines),
    headers: fc.array(fc.constantFrom(...framings), { maxLength: 3 }),
    lineEnd: fc.oneof({ weight: 8, arbitrary: fc.constant("\r\n") }, fc.constantFrom("\n", "\r")),
    type: fc.constantFrom(...contentTypes.slice(0, 6)),
    after: fc.array(fc.constantFrom(...chunks), { maxLength: 3 }),
    cut: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ first, headers, lineEnd, type, after, cut }) => {
    const head = [first, "host: localhost", `content-type: ${type}`, ...headers, "", ""].join(lineEnd);
    const bytes = Buffer.from(head + after.join(""), "latin1");
    return cut > 30 ? bytes.subarray(0, bytes.length - cut) : bytes;
  });
