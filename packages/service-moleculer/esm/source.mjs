// The CommonJS build is the only one, as for `index.mjs`.
export * from "../dist/source.js";
