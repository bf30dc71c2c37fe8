export { type SandboxOptions, sandbox } from "./sandbox.ts";
