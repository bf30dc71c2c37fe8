// The CommonJS build is the only one, as for `index.mjs`.
export { locateExported, locateInCall } from "../dist/source.js";
