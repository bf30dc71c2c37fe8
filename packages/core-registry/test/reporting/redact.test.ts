import { expect, test } from "vitest";
import { redactText } from "../../src/reporting/redact.ts";

test.each([
  ['{"password":"hunter2","name":"Ann"}', '{"password":*REDACTED*,"name":"Ann"}'],
  ["{ accessToken: 'abc', id: 5 }", "{ accessToken: *REDACTED*, id: 5 }"],
  ["api_key=12345 rest", "api_key=*REDACTED* rest"],
  ["sent Bearer eyJhbGciOi.x-y_z done", "sent Bearer *REDACTED* done"],
  ["nothing to hide: 5", "nothing to hide: 5"],
])("S9.10: secrets are not shown: %s", (text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test("S9.10: long texts are cut", () => {
  expect(redactText("x".repeat(2_000))).toBe(`${"x".repeat(1_000)}*OMITTED*`);
});
