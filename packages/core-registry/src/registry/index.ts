/** Branches, versions, integrations and reports (S9, S10): everything between brokers and server. */
export * from "./contract.ts";
export { isPublic } from "./difference/access.ts";
export { type DifferenceTextOptions, differenceText } from "./difference/text.ts";
export { createRegistry } from "./registry.ts";
export { changeLine, findingLines, reportTable } from "./reports/table.ts";
