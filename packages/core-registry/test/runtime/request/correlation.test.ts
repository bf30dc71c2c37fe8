import { describe, expect, test } from "vitest";
import { createCorrelation } from "../../../src/runtime/index.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const span = "00f067aa0ba902b7";
const valid = `00-${trace}-${span}-01`;

function correlationOf(headers: Readonly<Record<string, string>>) {
  return createCorrelation({ header: (name) => headers[name] });
}

describe("S12.7: traceparent by W3C Trace Context", () => {
  test.each([
    ["a valid one", valid, "01"],
    ["flags of which only the known ones are passed on", `00-${trace}-${span}-ff`, "03"],
    ["a trace that is not sampled", `00-${trace}-${span}-00`, "00"],
    ["a later version with more fields", `cc-${trace}-${span}-01-what-follows`, "01"],
  ])("%s is continued with a new span id", (_what, traceparent, flags) => {
    const sent = correlationOf({ traceparent }).traceparent;
    expect(sent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-${flags}$`));
    expect(sent).not.toContain(span);
  });

  test.each([
    ["the version ff", `ff-${trace}-${span}-01`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${span}-01`],
    ["a parent id of zeros", `00-${trace}-${"0".repeat(16)}-01`],
    ["upper case", valid.toUpperCase()],
    ["two headers, joined", `${valid}, ${valid}`],
    ["version 00 with more fields", `${valid}-more`],
    ["a trace id that is too short", `00-${trace.slice(1)}-${span}-01`],
    ["a letter that is no digit", `00-${trace.replace("4", "g")}-${span}-01`],
    ["no flags", `00-${trace}-${span}`],
    ["an empty header", ""],
  ])("%s is replaced by a new, sampled trace, and its tracestate is dropped", (_what, traceparent) => {
    const correlation = correlationOf({ traceparent, tracestate: "a=1" });
    expect(correlation.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(correlation.traceparent).not.toContain(trace);
    expect(correlation.tracestate).toBeUndefined();
  });
});

describe("S12.7: tracestate", () => {
  const long = `big=${"x".repeat(200)}`;
  const small = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=1`).join(",");
  test.each([
    ["members in their order, without spaces", "b=2 ,  t@vendor=x,,", "b=2,t@vendor=x"],
    ["32 members", small(32), small(32)],
    ["33 members", small(33), undefined],
    ["a key twice", "a=1,a=2", undefined],
    ["a key in upper case", "A=1", undefined],
    ["a member without value", "a", undefined],
    [
      "512 characters and more: a long member goes first",
      `${long},a=1,b=${"y".repeat(120)},c=${"z".repeat(200)}`,
      `a=1,b=${"y".repeat(120)}`,
    ],
  ])("%s", (_what, tracestate, sent) => {
    expect(correlationOf({ traceparent: valid, tracestate }).tracestate).toBe(sent);
  });
});

describe("S12.7: baggage", () => {
  test.each([
    ["members with properties", "user=kim;private, tenant = blue;a=b", "user=kim;private,tenant = blue;a=b"],
    ["an invalid member is left out", 'user="kim", tenant=blue', "tenant=blue"],
    ["only invalid members", "user", undefined],
    ["more than 8,192 characters", `a=1,b=${"x".repeat(8_192)}`, "a=1"],
  ])("%s", (_what, baggage, sent) => {
    expect(correlationOf({ baggage }).baggage).toBe(sent);
  });

  test("at most 64 members", () => {
    const baggage = Array.from({ length: 70 }, (_, index) => `k${index}=1`).join(",");
    expect(correlationOf({ baggage }).baggage?.split(",")).toHaveLength(64);
  });
});

describe("S12.3: the request id", () => {
  test.each([
    ["x-request-id", { "x-request-id": "a-1", traceparent: valid }, "a-1"],
    ["the trace id without it", { traceparent: valid }, trace],
    ["the trace id where it has other characters", { "x-request-id": "a b", traceparent: valid }, trace],
  ])("is %s", (_what, headers, id) => {
    expect(correlationOf(headers).requestId).toBe(id);
  });

  test("is the id of the new trace otherwise", () => {
    const { requestId, traceparent } = correlationOf({ "x-request-id": "x".repeat(129) });
    expect(requestId).toMatch(/^[\da-f]{32}$/);
    expect(traceparent).toContain(`-${requestId}-`);
  });

  test("is different for each of many requests", () => {
    const ids = Array.from({ length: 5_000 }, () => correlationOf({}).requestId);
    expect(new Set(ids).size).toBe(5_000);
  });

  test("each request of a connection has its own, in the same trace", () => {
    const connection = correlationOf({ "x-request-id": "a-1", traceparent: valid });
    const [one, other] = [connection.fork(), connection.fork()];
    expect(new Set([connection.requestId, one.requestId, other.requestId]).size).toBe(3);
    expect(one.traceparent).toContain(trace);
    expect(one.traceparent).not.toBe(other.traceparent);
  });
});
