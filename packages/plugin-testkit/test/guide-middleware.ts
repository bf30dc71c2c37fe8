import { defineMiddleware } from "@tidegate/core-registry";

export const accessLog = defineMiddleware({
  name: "accessLog",
  reply(reply, { request, id, receivedAt, context }) {
    const { method, base, path } = request;
    console.log(
      `${context.get("ip")} ${method} ${base}${path} ${reply.status} ${Date.now() - receivedAt} ms ${id}`,
    );
    return reply;
  },
});

export const headers = defineMiddleware({
  name: "headers",
  reply: (reply) => ({ ...reply, headers: [...reply.headers, ["x-content-type-options", "nosniff"]] }),
});
