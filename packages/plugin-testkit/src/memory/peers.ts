import type { Clock, Json, PeerAnswer, PeerAnswers } from "@tidegate/core-registry";

/** A gateway that others can ask. */
export interface Asked {
  /** Its node. */
  readonly node: string;
  /** What it answers. */
  readonly answers: () => PeerAnswers;
}

/** Asks gateways as `Peers.ask` says. Data travels as JSON, as it does where gateways are apart. */
export async function askAll(
  gateways: readonly Asked[],
  { question, params, timeout, clock }: { question: string; params: Json; timeout: number; clock: Clock },
): Promise<readonly PeerAnswer[]> {
  const { promise: over, resolve: end } = Promise.withResolvers<undefined>();
  const stop = clock.after(timeout, () => end(undefined));
  const asked = gateways.map(async ({ node, answers }) => {
    const answer = await Promise.race([over, askOne(answers(), question, params).catch(() => undefined)]);
    return answer === undefined ? [] : [{ node, answer: JSON.parse(answer) as unknown }];
  });
  const got = await Promise.all(asked);
  stop();
  return got.flat();
}

async function askOne(answers: PeerAnswers, question: string, params: Json): Promise<string | undefined> {
  const answer = Object.hasOwn(answers, question) ? answers[question] : undefined;
  return answer === undefined ? undefined : JSON.stringify(await answer(JSON.parse(JSON.stringify(params))));
}
