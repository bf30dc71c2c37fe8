/** What docs/configuration.md has people give to Node. Whoever is measured gets the same. */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=8", "--no-allocation-site-pretenuring"];
