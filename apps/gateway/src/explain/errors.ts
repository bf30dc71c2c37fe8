import { errorCodes } from "@tidegate/core-registry";
import type { Explanations } from "./explanation.ts";

/** What to do about the errors that clients receive (S12.5), by code. */
const mends = {
  BAD_REQUEST: "Read the message of the error: it names what is wrong in the request.",
  BAD_USER_INPUT: "Send the parameter that the error names in the type that the API documents.",
  BODY_MALFORMED: "Send a body that fits its `content-type`.",
  UNAUTHENTICATED: "Send credentials: `Authorization: Bearer ...`.",
  TOKEN_INVALID:
    "Get a new token. If every token is refused, compare issuer, audience and key with " +
    "`server.context.auth`.",
  TOKEN_EXPIRED: "Get a new token.",
  FORBIDDEN: "The message names the rule that denies the access: the client needs other rights.",
  NOT_FOUND: "Compare path and branch with `/~status`, which lists what is served.",
  BRANCH_UNKNOWN: "Start a service on the branch, or correct the name after `/~`.",
  VERSION_UNKNOWN: "Use a version that `/~status` lists: old versions are removed.",
  FRAGMENT_UNKNOWN: "Use a fragment that `/~status` lists.",
  METHOD_NOT_ALLOWED: "Use one of the methods in the header `allow`.",
  REQUEST_TIMEOUT: "Send the request faster, or in smaller parts.",
  BODY_TOO_LARGE: "Send less, or raise `server.middleware.bodyParser`.",
  MESSAGE_TOO_LARGE: "Send less, or raise `maxMessageBytes` of the broker and of the service's preset.",
  MEDIA_TYPE_UNSUPPORTED: "Send one of the media types that the route takes, usually `application/json`.",
  RATE_LIMITED: "Wait as long as the header `retry-after` says.",
  SLOW_CONSUMER: "Read the messages of the socket faster, or subscribe to less.",
  CANCELLED: "Nothing: the client closed the request.",
  INTERNAL: "Look for the request's id in the gateway's log: it has the cause.",
  REPLY_INVALID: "Correct the response of the action, or convert it in `map`.",
  SERVICE_ERROR: "Look for the request's id in the logs of the gateway and of the service.",
  CONFIG_INVALID: "Correct the option that the message names.",
  PLUGIN_INVALID: "Correct the members of the plugin that the message lists.",
  ACTION_UNAVAILABLE: "Start the service, or wait until it has started.",
  STARTING: "Wait: `/~status` and the readiness check tell when the gateway is ready.",
  BROKER_UNAVAILABLE: "Start the message server, or check the address in `brokers`.",
  DEPENDENCY_UNAVAILABLE: "Look for the cause in the log: the message names what is not available.",
  CALL_TIMEOUT: "Find out why the action is slow, or raise its timeout.",
} as const;

const messages: Explanations = {
  STREAM_LOST: {
    meaning: "The other end of a stream between gateway and service is gone or silent. Status 503.",
    mend: "Send the request again. If it repeats, look at the node that the log names.",
  },
  STREAM_INVALID: {
    meaning: "The sender of a stream between gateway and service broke the protocol of streams.",
    mend: "Use `@tidegate/service-moleculer` of the gateway's version on all nodes.",
  },
};

/** Codes of the errors that clients receive, and that the gateway raises when it starts. */
export const errorExplanations: Explanations = { ...fromMends(), ...messages };

function fromMends(): Explanations {
  const meanings = new Map(Object.entries(errorCodes));
  return Object.fromEntries(
    Object.entries(mends).map(([code, mend]) => {
      const { title, status } = meanings.get(code) ?? { title: code, status: 500 };
      return [code, { meaning: `${title} Status ${status}.`, mend }];
    }),
  );
}
