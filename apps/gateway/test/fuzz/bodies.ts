import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { longQuery, query } from "./parts.ts";

const jsonTexts = fc.oneof(
  fc.json({ maxDepth: 5, stringUnit: "binary" }),
  fc.constantFrom(
    ...[
      "",
      " ",
      "null",
      "1",
      '"x"',
      "[",
      "{",
      '{"a":',
      '{"a":1,}',
      "{'a':1}",
      "\ufeff{}",
      '"\\ud800"',
      "nul",
    ],
    ...[
      '{"n":1e400}',
      '{"n":9007199254740993}',
      '{"a":1,"a":2}',
      '{"__proto__":{"x":1}}',
      '{"constructor":1}',
    ],
    ...['{"$status":500,"$body":1}', '{"toJSON":1}', '{"then":1}', '{"a":"\\u0000"}', "NaN", "-", "1e5000"],
    ...['{"list":["1",null]}', '{"at":"x"}', '{"flag":"maybe"}', '{"n":{}}', "[[]]", "true false"],
  ),
);
const repeatedJson = fc
  .tuple(
    fc.constantFrom(["[", "]"], ['{"a":', "}"], ['[{"a":', "}]"], ["[", ""], ['{"__proto__":', "}"]),
    fc.constantFrom(10, 60, 70, 500, 5_000, 40_000, 160_000),
  )
  .map(([[open = "", close = ""], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);
// Within the limit of a body, and so small that one turn of the event loop takes far less than 50 ms on a
// slow machine: reading and sending data takes time in proportion to the number of its values.
const wideJson = fc.constantFrom(
  `[${"1,".repeat(100_000)}1]`,
  `[${"1.5,".repeat(100_000)}1]`,
  `[${"[],".repeat(80_000)}[]]`,
  `[${"{},".repeat(80_000)}{}]`,
  `{${Array.from({ length: 15_000 }, (_, index) => `"k${index}":1`).join(",")}}`,
  `{${'"a":1,'.repeat(100_000)}"a":2}`,
  `[${"1e400,".repeat(100_000)}1]`,
  `{"a":"${"\\u0001".repeat(150_000)}"}`,
  `{"n":${"9".repeat(900_000)}}`,
  `{"n":0.${"0".repeat(900_000)}1}`,
  `"${"x".repeat(1_048_000)}"`,
);
const forms = fc.oneof(
  query,
  longQuery,
  fc.constantFrom(
    "a=1&".repeat(200_000),
    "%61=%62&".repeat(100_000),
    "a[".repeat(300_000),
    "+".repeat(300_000),
  ),
);
const parts = fc.array(
  fc.constantFrom(
    ...[
      '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n',
      "--b\r\n\r\n\r\n",
      "--b--\r\n",
      "--b",
      "\r\n",
    ],
    ...[
      '--b\r\nContent-Disposition: form-data; name="f"; filename="../x"\r\n\r\n\u0000\r\n',
      "--c\r\n",
      "\n\n",
    ],
    ...[
      '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\n1\r\n',
      "--b\r\nContent-Disposition: x\r\n\r\n",
    ],
    ...[
      `--b\r\n${"x: y\r\n".repeat(3_000)}\r\n`,
      `--b\r\nContent-Disposition: form-data; name="${"n".repeat(9_000)}"`,
    ],
  ),
  { maxLength: 8 },
);
const manyParts = fc.constant([
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(15_000),
  "--b--\r\n",
]);

/** A body, its media type, and its content encoding if it has one. */
export type Body = readonly [type: string, body: Buffer, encoding?: string];

/** Media types, right and wrong. */
export const contentTypes = [
  ...["application/json", "application/json; charset=utf-8", "application/json;charset=latin1", "text/plain"],
  ...[
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "text/plain;",
  ],
  ...["application/octet-stream", "application/problem+json", "x", "/", "text/plain; charset=x", ""],
  ...['multipart/form-data; boundary="b"', `multipart/form-data; boundary=${"b".repeat(5_000)}`, "image/png"],
  `application/json${";".repeat(5_000)}`,
];
const jsonBody = fc
  .oneof({ weight: 8, arbitrary: jsonTexts }, { weight: 2, arbitrary: repeatedJson }, wideJson)
  .map((text): Body => ["application/json", Buffer.from(text)]);
const formBody = forms.map((text): Body => ["application/x-www-form-urlencoded", Buffer.from(text)]);
const multipartBody = fc
  .oneof({ weight: 15, arbitrary: parts }, manyParts)
  .map((all): Body => ["multipart/form-data; boundary=b", Buffer.from(all.join(""))]);
const otherBody = fc
  .tuple(fc.constantFrom(...contentTypes), fc.uint8Array({ maxLength: 200 }))
  .map(([type, bytes]): Body => [type, Buffer.from(bytes)]);
const encodedBody = fc
  .tuple(jsonTexts, fc.constantFrom("gzip", "br", "deflate", "identity", "x", "gzip, gzip", ""), fc.boolean())
  .map(([text, encoding, isReal]): Body => {
    return ["application/json", isReal ? gzipSync(text) : Buffer.from(text), encoding];
  });
/** Bodies with their media type. */
export const body = fc.oneof(
  { weight: 4, arbitrary: jsonBody },
  { weight: 2, arbitrary: formBody },
  { weight: 2, arbitrary: multipartBody },
  otherBody,
  encodedBody,
);
