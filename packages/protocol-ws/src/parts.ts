import {
  type Connector,
  type Finding,
  isTidegateError,
  type SubscribeConnector,
  type WebSocketRoute,
} from "@tidegate/core-registry";

/** What a route is made of. */
export interface RouteParts extends Pick<WebSocketRoute, "path" | "key" | "fingerprint"> {
  /** What is sent to the socket. */
  readonly subscribe: SubscribeConnector | undefined;
  /** What becomes of the socket's messages. */
  readonly publish: Connector | undefined;
  /** Send no error frames. */
  readonly ignoreError: boolean;
  /** Where it stands. */
  readonly jsonPath: string;
  /** Takes what is wrong; goes to the fragment's nodes. */
  report(finding: Finding): void;
}

/** Tells the fragment's developer of what nobody foresaw. Everything else was told where it happened, or is the client's. */
export function reportUnforeseen({ jsonPath, report }: RouteParts, error: unknown): void {
  if (isTidegateError(error) && error.code !== "REPLY_INVALID") return;
  const message = error instanceof Error ? error.message : String(error);
  report({ severity: "error", code: "MESSAGE_FAILED", jsonPath, message });
}
