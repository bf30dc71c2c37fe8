/** How WebSockets are kept (S6). All have safe defaults. */
export interface WebSocketOptions {
  /**
   * Whose pages may open sockets, beside those of the gateway's own host: `https://app.example.com`, or `"any"`.
   * Default: nobody else; a browser's upgrade from elsewhere answers 403. Clients that are no browsers send no `Origin`.
   */
  readonly origins?: "any" | readonly string[];
  /** The largest message that is taken, in bytes; larger ones close with 1009. Default 1 MiB. */
  readonly maxPayload?: number;
  /** How many bytes may wait for a slow reader, one message more or less; then it is closed with 1013. Default 1 MiB. */
  readonly maxBufferedBytes?: number;
  /** Seconds between pings. Who answers none is cut off in at most twice that. Default 30. */
  readonly idleSeconds?: number;
  /** Most sockets at once; more are refused with 503. Default 10,000. */
  readonly maxSockets?: number;
  /** What becomes of a socket on the newest version whose route, or a rule of it, changed or went (S6.4). Default `close`. */
  readonly onRetire?: "close" | "keep";
  /** The seconds over which sockets are closed then, so that not all of them come back at once. Default 5. */
  readonly retireSeconds?: number;
  /** What becomes of a socket when the token that it came with expires (S6.3). Default `close`, with 4401. */
  readonly onExpire?: "close" | "keep";
}

/** The options, complete. */
export type WebSocketSettings = Required<WebSocketOptions>;

/** Fills in what was left out. */
export function webSocketSettings(options: WebSocketOptions = {}): WebSocketSettings {
  return {
    origins: [],
    maxPayload: 1024 ** 2,
    maxBufferedBytes: 1024 ** 2,
    idleSeconds: 30,
    maxSockets: 10_000,
    onRetire: "close",
    retireSeconds: 5,
    onExpire: "close",
    ...options,
  };
}
