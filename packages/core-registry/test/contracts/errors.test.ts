import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes, isTidegateError, TidegateError } from "../../src/contracts/errors.ts";

test("docs/errors.md lists exactly these codes with status, close code and title", () => {
  const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const expected = Object.entries(errorCodes).map(
    ([code, { status, close, title }]) => `| \`${code}\` | ${status} | ${close} | ${title} |`,
  );
  expect(rows).toEqual(expected);
});

test("an error keeps its cause and the service's status, also across copies of the package", () => {
  const cause = new Error("inside");
  const error = new TidegateError("SERVICE_ERROR", "The player is retired.", { cause, status: 410 });
  expect(error.status).toBe(410);
  expect(error.cause).toBe(cause);
  expect(
    isTidegateError(Object.assign(new Error("x"), { name: "TidegateError", code: "NOT_FOUND", details: {} })),
  ).toBe(true);
  expect(isTidegateError(new Error("x"))).toBe(false);
  expect(
    isTidegateError(Object.assign(new Error("x"), { name: "TidegateError", code: "toString", details: {} })),
  ).toBe(false);
});
