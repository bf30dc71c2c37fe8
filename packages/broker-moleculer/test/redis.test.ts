import { testServerTransporter } from "./support/server-transporter.ts";

testServerTransporter({
  name: "Redis",
  program: "redis-server",
  start: (port, folder) => ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""],
  transporter: (port) => ({ type: "Redis", options: { host: "127.0.0.1", port } }),
});
