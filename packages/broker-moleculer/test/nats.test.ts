import { testServerTransporter } from "./support/server-transporter.ts";

testServerTransporter({
  name: "NATS",
  program: "nats-server",
  start: (port) => ["--addr", "127.0.0.1", "--port", String(port)],
  transporter: (port) => ({ type: "NATS", options: { url: `nats://127.0.0.1:${port}` } }),
});
