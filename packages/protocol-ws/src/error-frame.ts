import { errorMeaning, isTidegateError, type Scope, TidegateError } from "@tidegate/core-registry";

/**
 * An error after the upgrade, as a frame (S6.3): `{"error": {"code", "message", "requestId", "data"}}`. What went wrong
 * inside is hidden, as in a problem of HTTP.
 */
export function errorFrame(thrown: unknown, scope: Scope | undefined): string {
  const error = isTidegateError(thrown)
    ? thrown
    : new TidegateError("INTERNAL", undefined, { cause: thrown });
  const { code, details } = error;
  const exposed = details.exposed ?? error.status < 500;
  const frame = {
    code: (exposed ? details.serviceCode : undefined) ?? code,
    message: exposed ? error.message : errorMeaning(code).title,
    ...idOf(scope),
  };
  try {
    return JSON.stringify({ error: exposed ? { ...frame, data: details.data } : frame });
  } catch {
    // Data that came with an error may be anything.
    return JSON.stringify({ error: frame });
  }
}

function idOf(scope: Scope | undefined): { readonly requestId?: string } {
  try {
    const id = scope?.context.get("id");
    return typeof id === "string" ? { requestId: id } : {};
  } catch {
    return {};
  }
}
