import { expect, test } from "vitest";
import { isSecretName, redactText } from "../../src/runtime/redact.ts";

test.each([
  ['{"password":"hunter2","name":"Ann"}', '{"password":*REDACTED*,"name":"Ann"}'],
  ["{ accessToken: 'abc', id: 5 }", "{ accessToken: *REDACTED*, id: 5 }"],
  ["api_key=12345 rest", "api_key=*REDACTED* rest"],
  ["sent Bearer eyJhbGciOi.x-y_z done", "sent Bearer *REDACTED* done"],
  ["authorization: Bearer eyJhbGciOi.x-y_z, id: 5", "authorization: *REDACTED*, id: 5"],
  ['{"credentials":{"user":"ann","pin":["1","}"]},"id":5}', '{"credentials":*REDACTED*,"id":5}'],
  ['{"tokens":["a","b"]}', '{"tokens":*REDACTED*}'],
  ['{"password":"a \\" b c"} d', '{"password":*REDACTED*} d'],
  ['{"the secret word":"x"}', '{"the secret word":*REDACTED*}'],
  ["as eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln it came", "as *REDACTED* it came"],
  ["nothing to hide: 5", "nothing to hide: 5"],
])("S9.10: secrets are not shown: %s", (text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test("S9.10: long texts are truncated, also inside of a secret, which is redacted", () => {
  expect(redactText("x".repeat(2_000))).toBe(`${"x".repeat(1_000)}*OMITTED*`);
  expect(redactText('{"password":"a long phrase", "id": 5}', 20)).toBe('{"password":*REDACTED**OMITTED*');
  expect(redactText('{"credentials":{"user":"ann", "pin":5}}', 30)).toBe(
    '{"credentials":*REDACTED**OMITTED*',
  );
});

test("S9.10: redaction takes linear time for any text", () => {
  for (const text of ["token:", '"a', "key=[", 'secret:"', "a-", "eyJ.", "Basic "]) {
    const long = text.repeat(20_000);
    expect(redactText(long, long.length).length).toBeLessThanOrEqual(long.length * 3);
  }
});

test("S9.10: secret names are those of the one list and the added patterns", () => {
  expect(isSecretName("accessToken")).toBe(true);
  expect(isSecretName("pin")).toBe(false);
  const pin = /^pin$/g;
  expect([isSecretName("pin", [pin]), isSecretName("pin", [pin])]).toEqual([true, true]);
});
