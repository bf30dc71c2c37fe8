/**
 * What the gateway's side of Moleculer (`@tidegate/broker-moleculer`) shares with this package: the names and
 * metadata on the wire, the middlewares and the patches that both sides apply. Services do not need it, and
 * it can change with every version.
 */
export { defaultMaxMessageBytes, messageLimit } from "./messages/limits.ts";
export { checkMessageSizes, messageSizes } from "./messages/message-sizes.ts";
export { sendableData } from "./messages/safe-error.ts";
export { isPlainJson } from "./messages/serialized-bytes.ts";
export { announceChanges, announceGateway } from "./patches/announcement.ts";
export {
  type Circuit,
  circuitBreaker,
  circuitBreakerPatch,
  openCircuits,
  patchCircuitBreaker,
} from "./patches/circuit-breaker.ts";
export { followConnection, onConnectionChange } from "./patches/connection-state.ts";
export { verifyGossip } from "./patches/gossip-verification.ts";
export { heartbeatTimeout, heartbeatTimeoutOf } from "./patches/heartbeat-timeout.ts";
export { followAddresses, nodeAddress } from "./patches/node-address.ts";
export { nodeLiveness, watchNodes } from "./patches/node-liveness.ts";
export { transporterOutages } from "./patches/transporter-outages.ts";
export { contextPropagation } from "./service/context-propagation.ts";
export { streamFlowControl } from "./streams/flow-control.ts";
export { type CreditWindow, defaultWindow } from "./streams/protocol.ts";
export { messageTooLarge, replyInvalid, streamInvalid, streamLost } from "./wire/errors.ts";
export {
  type FragmentReference,
  maxFragmentBytes,
  readFragmentReference,
  tooLargeText,
} from "./wire/metadata.ts";
export { type MiddlewareFactory, sharedDefaults, toMiddlewares } from "./wire/middleware.ts";
export {
  actionOnBranch,
  askAction,
  type BranchNode,
  fragmentAction,
  fullName,
  gatewayService,
  leavingEvent,
  nameOnBranch,
  nameWithoutBranch,
  readNodeId,
  reportAction,
} from "./wire/names.ts";
export { isFirstPatch } from "./wire/patched.ts";
export { cancelCall } from "./wire/running-requests.ts";
export { type RegistryNode, requestInfo, type TcpTransporter, tcpTransporter } from "./wire/tcp.ts";
export { objectOrEmpty, withTimeout } from "./wire/values.ts";
