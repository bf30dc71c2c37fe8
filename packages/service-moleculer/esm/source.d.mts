export * from "../dist/source.js";
