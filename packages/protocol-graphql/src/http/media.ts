/** The media types of answers, by GraphQL over HTTP. */
export type AnswerType = "application/graphql-response+json" | "application/json";

/** What a request wants to get. */
export type Wanted = AnswerType | "text/html" | undefined;

const offers: readonly (readonly [type: AnswerType, ranges: readonly string[]])[] = [
  ["application/graphql-response+json", ["application/graphql-response+json"]],
  ["application/json", ["application/json", "application/*", "*/*"]],
];

/**
 * What a request's `accept` asks for (GraphQL over HTTP; RFC 9110, 12.5.1): `text/html` where a browser asks for a page;
 * undefined where nothing fits. Without the header: JSON.
 */
export function wantedType(accept: string | undefined): Wanted {
  if (accept === undefined || accept.trim() === "") return "application/json";
  const ranges = accept.split(",").flatMap((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    return weight > 0 ? [{ type, weight }] : [];
  });
  const weightOf = (types: readonly string[]): number =>
    Math.max(0, ...ranges.filter(({ type }) => types.includes(type)).map(({ weight }) => weight));
  const html = weightOf(["text/html"]);
  const named = weightOf(["application/graphql-response+json", "application/json"]);
  if (html > 0 && html > named) return "text/html";
  const [best] = offers
    .map(([type, fitting]) => ({ type, weight: weightOf(fitting) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight);
  return best?.type;
}
