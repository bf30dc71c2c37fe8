/** What of Moleculer's packets is read and written here. */
export interface StreamPayload extends Record<string, unknown> {
  /** Who sent it. */
  sender?: unknown;
  /** The call's id. */
  id?: unknown;
  /** `true` with the packets of a stream but its last one. */
  stream?: unknown;
  /** The number of a stream's packet; 0 is the call, or the answer, itself. */
  seq?: unknown;
  /** With calls: what their node grants to streams. */
  credit?: unknown;
  /** With packets of a stream under credit: what it carries, `objects` or `bytes`. */
  credited?: unknown;
  /** With calls: params, or a chunk. */
  params?: unknown;
  /** With answers: the result, or a chunk. */
  data?: unknown;
}

/** A packet of Moleculer's protocol. */
export interface StreamPacket {
  /** Moleculer's name of its kind. */
  readonly type: string;
  /** The node that it goes to; none where the transporter balances. */
  readonly target?: string | null;
  /** What it carries. */
  readonly payload: StreamPayload;
}

/** Moleculer's `transit.publish`. */
export type Publish = (packet: StreamPacket) => Promise<unknown>;

/** Moleculer's `transit.messageHandler`. */
export type HandleMessage = (command: string, packet: StreamPacket | undefined) => Promise<unknown>;

/** Whether a value has members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
