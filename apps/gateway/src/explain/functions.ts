import type { Explanations } from "./explanation.ts";

/** Codes of findings about inline functions. */
export const functionCodes: Explanations = {
  FUNCTION_MEMBER_UNKNOWN: {
    meaning: "The function reads a member that its connector never gives, so the value is always undefined.",
    example: '{ "map": "({ respons }) => respons" }',
    mend: "Correct the name: the finding says the nearest one.",
  },
  FUNCTION_SYNTAX: {
    meaning: "The text of a function is no valid JavaScript.",
    example: "({ path }) => return path.id",
    mend:
      "An arrow function has an expression, `=> value`, or braces, `=> { return value; }`. Types " +
      "are not allowed.",
  },
  FUNCTION_NOT_A_FUNCTION: {
    meaning: "The text is JavaScript, but not one function.",
    example: "query.id",
    mend: "Write one arrow function: `({ query }) => query.id`.",
  },
  FUNCTION_ASYNC: {
    meaning: "The function is asynchronous or a generator. Functions of fragments are synchronous.",
    example: "async ({ response }) => response",
    mend: "Remove `async` and `await`, and move asynchronous work into an action.",
  },
  FUNCTION_PARAMETERS: {
    meaning:
      "The function has a second parameter, which is always undefined: all values are members of the first.",
    example: "(request, response) => response",
    mend: "Take them from one object: `({ request, response }) => response`.",
  },
  FUNCTION_FREE_NAME: {
    meaning:
      "The function uses a name that does not exist in the sandbox, such as one of Node or of the " +
      "service's own file.",
    example: "({ query }) => fetch(query.url)",
    mend: "Use what the function receives, or move the work into an action.",
  },
  FUNCTION_THREW: {
    meaning: "The function threw an error while it was used. Only that request failed, with status 500.",
    example: "({ response }) => response.team.name, and `team` is missing",
    mend: "Check for missing values: `response?.team?.name`.",
  },
  FUNCTION_TIMEOUT: {
    meaning: "The function took longer than its limit. A function that does so repeatedly is disabled.",
    example: "() => { while (true); }",
    mend: "Move slow work into an action.",
  },
  FUNCTION_MEMORY: {
    meaning: "The function used more memory than its limit. A function that does so repeatedly is disabled.",
    example: "() => 'x'.repeat(1e9)",
    mend: "Use less memory, or move the work into an action.",
  },
  FUNCTION_RESULT: {
    meaning:
      "The function returned a value that is no plain data, such as a function or a promise, or an object " +
      "that stands for a boolean, such as `new Boolean(true)`.",
    example: "({ response }) => Promise.resolve(response)",
    mend: "Return JSON data.",
  },
  FUNCTION_OFF: {
    meaning:
      "The function is disabled, because it exceeded its limits too often. Its endpoint answers with 500.",
    mend: "Correct the function. The next change of the fragment enables it again.",
  },
};
