import { contend } from "../harness/contender.ts";
import { startMercurius } from "./mercurius-server.ts";

await contend(() => startMercurius(1));
