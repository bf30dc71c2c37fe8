export * from "../dist/wire.js";
