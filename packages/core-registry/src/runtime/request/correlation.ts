import type { Correlation } from "../../contracts/correlation.ts";
import type { HttpRequest } from "../../contracts/request.ts";
import { randomHex } from "./random-hex.ts";

type Headers = Pick<HttpRequest, "header">;

const traceIdLength = 32;
const spanIdLength = 16;
const requestIdPattern = /^[\w.~+/=:-]{1,128}$/;

/** Where a trace comes from: the client, or this gateway. */
interface TraceOrigin {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 2 hex digits. */
  readonly flags: string;
  readonly isClients: boolean;
}

/**
 * Creates the correlation of a request from its headers (S12.7). Headers that the W3C's recommendations do
 * not allow are replaced or dropped.
 */
export function createCorrelation(request: Headers): ForkableCorrelation {
  return new RequestCorrelation(request);
}

/** A correlation from which those of later requests on the same connection are made. */
export interface ForkableCorrelation extends Correlation {
  /** Returns the correlation of one request of a connection: in the same trace, with an id of its own. */
  fork(): ForkableCorrelation;
}

class RequestCorrelation implements ForkableCorrelation {
  readonly #request: Headers;
  readonly #parent: RequestCorrelation | undefined;
  #requestId: string | undefined;
  #traceparent: string | undefined;
  #trace: TraceOrigin | undefined;

  constructor(request: Headers, parent?: RequestCorrelation) {
    this.#request = request;
    this.#parent = parent;
  }

  get requestId(): string {
    this.#requestId ??=
      this.#parent === undefined
        ? (readRequestId(this.#request.header("x-request-id")) ?? this.#traceOrigin.traceId)
        : randomHex(traceIdLength);
    return this.#requestId;
  }

  get traceparent(): string {
    if (this.#traceparent === undefined) {
      const { traceId, flags } = this.#traceOrigin;
      this.#traceparent = `00-${traceId}-${randomHex(spanIdLength)}-${flags}`;
    }
    return this.#traceparent;
  }

  get tracestate(): string | undefined {
    if (!this.#traceOrigin.isClients) return undefined;
    const header = this.#request.header("tracestate");
    return header === undefined ? undefined : readTracestate(header);
  }

  get baggage(): string | undefined {
    const header = this.#request.header("baggage");
    return header === undefined ? undefined : readBaggage(header);
  }

  fork(): RequestCorrelation {
    return new RequestCorrelation(this.#request, this);
  }

  get #traceOrigin(): TraceOrigin {
    this.#trace ??=
      this.#parent === undefined
        ? (readTraceparent(this.#request.header("traceparent")) ?? newTrace())
        : this.#parent.#traceOrigin;
    return this.#trace;
  }
}

function readRequestId(header: string | undefined): string | undefined {
  return header !== undefined && requestIdPattern.test(header) ? header : undefined;
}

/** W3C Trace Context: version, trace id, parent id, flags; later versions can append fields. */
const traceparentPattern =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/;
/** Length of a `traceparent` of version 00, which ends with the flags. */
const traceparentLength = 55;
/** The flags that version 00 knows: `sampled` and `random-trace-id`. All others must not be passed on. */
const knownFlags = 0x03;

/** Reads a `traceparent`. Two headers arrive joined by a comma, which is invalid. */
function readTraceparent(header: string | undefined): TraceOrigin | undefined {
  const match = header === undefined ? null : traceparentPattern.exec(header);
  if (header === undefined || match === null) return undefined;
  if (header.startsWith("00") && header.length !== traceparentLength) return undefined;
  const [, traceId = "", flags = "00"] = match;
  const known = Number.parseInt(flags, 16) & knownFlags;
  return { traceId, flags: `0${known}`, isClients: true };
}

/** A new trace. It is marked as sampled, so that services sample it as if they had started it. */
function newTrace(): TraceOrigin {
  return { traceId: randomHex(traceIdLength), flags: "01", isClients: false };
}

const maxMembers = 32;
const maxTracestateLength = 512;
/** Members above this length are the first to be removed from a `tracestate` that is too long. */
const longMemberLength = 128;
const tracestateMember =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/**
 * Reads a `tracestate` (W3C Trace Context, 3.3). One that is too long loses long members first, then the
 * last ones. One with an invalid member, a key twice or more than 32 members is dropped.
 */
function readTracestate(header: string): string | undefined {
  const members = listMembers(header);
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf("="))));
  const isValid = members.every((member) => tracestateMember.test(member));
  if (!isValid || keys.size < members.length || members.length > maxMembers) return undefined;
  let kept = members;
  if (kept.join(",").length > maxTracestateLength)
    kept = kept.filter(({ length }) => length <= longMemberLength);
  while (kept.join(",").length > maxTracestateLength) kept = kept.slice(0, -1);
  return kept.length === 0 ? undefined : kept.join(",");
}

const maxBaggageMembers = 64;
const maxBaggageLength = 8_192;
const baggageMember =
  /^[!#$%&'*+.^`|~\w-]+[\t ]*=[\t ]*[!#-+\--:<-[\]-~]*(?:[\t ]*;[\t ]*[!#$%&'*+.^`|~\w-]+(?:[\t ]*=[\t ]*[!#-+\--:<-[\]-~]*)?)*$/;

/** Reads a `baggage` (W3C Baggage, 3.3): its valid members, as many as its limits allow. */
function readBaggage(header: string): string | undefined {
  let kept = "";
  let count = 0;
  for (const member of listMembers(header)) {
    const longer = kept === "" ? member : `${kept},${member}`;
    if (count === maxBaggageMembers || longer.length > maxBaggageLength) break;
    if (!baggageMember.test(member)) continue;
    kept = longer;
    count += 1;
  }
  return kept === "" ? undefined : kept;
}

/** The members of a list, without the spaces around them; empty ones are allowed and left out. */
function listMembers(header: string): readonly string[] {
  return header
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
}
