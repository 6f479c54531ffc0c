import type { SubjectRef } from "../protocol.js";
import { staleReason } from "../stale.js";
import { answerTo, type JobRunner } from "./answer.js";
import type { Explanation } from "./explanation.js";

/** Asks whether heated prompts and their models are still what was explained; to be called after the person's code ran. */
export async function checkStaleness(explanations: readonly Explanation[]): Promise<void> {
  const weights = new Map<string, Promise<string | undefined>>();
  for (const explanation of explanations) {
    const { result, heatShown } = explanation.state;
    if (result === null || !heatShown) continue;
    const runner = explanation.runner();
    const key = JSON.stringify([runner.key, result.subject.ref]);
    // Where no code of the person's runs, weights cannot change.
    if (runner.personal && !weights.has(key)) weights.set(key, weightsNow(runner, result.subject.ref));
    const now = { texts: await textsNow(explanation), weights: await weights.get(key) };
    const explained = { texts: explanation.prompt?.texts ?? [], weights: result.subject.weights };
    const reason = staleReason(explained, {
      texts: now.texts,
      ...(now.weights === undefined ? {} : { weights: now.weights }),
    });
    explanation.outdate(reason);
  }
}

/** The prompt's texts with the variables' present values; only what can be read at no risk is asked. */
async function textsNow(explanation: Explanation): Promise<readonly string[] | null> {
  const read = explanation.prompt;
  const kernel = explanation.variables();
  if (read === null) return null;
  if (read.names.length === 0 || kernel === null) return read.texts;
  try {
    const { result } = await answerTo(kernel, {
      kind: "prompt_value",
      expressions: [...read.names],
      consent: false,
    });
    if (result.kind !== "prompt_value") return read.texts;
    return JSON.stringify(result.values) === JSON.stringify(read.values) ? read.texts : null;
  } catch {
    return read.texts;
  }
}

async function weightsNow(runner: JobRunner, subject: SubjectRef): Promise<string | undefined> {
  try {
    const { result } = await answerTo(runner, { kind: "weights", subject });
    return result.kind === "weights" ? result.weights : undefined;
  } catch {
    // A kernel that has gone says nothing about the weights; running again will tell.
    return undefined;
  }
}
