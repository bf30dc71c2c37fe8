// The CommonJS build is the only one, as for `index.mjs`.
export { locateExported, locateInCall, parseJsonPath } from "../dist/source.js";
