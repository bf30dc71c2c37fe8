import { contend } from "../harness/contend.ts";
import { startMercurius } from "./mercurius-server.ts";

await contend(() => startMercurius(0));
