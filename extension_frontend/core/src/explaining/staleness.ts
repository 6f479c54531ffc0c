import { GlasspaneFailure } from "../job.js";
import type { SubjectRef } from "../protocol.js";
import { staleReason } from "../stale.js";
import { answerTo, type JobRunner } from "./answer.js";
import type { Explainer } from "./explainer.js";
import type { Explanation } from "./explanation.js";
import type { Site } from "./site.js";

/** Several cells that run one after the other are one occasion. */
const DEBOUNCE_MS = 400;

/** Asks, a moment after there was a reason to, whether a document's heat still holds. */
export class StalenessChecks<OfHost extends Site> {
  private readonly timers = new Map<object, ReturnType<typeof setTimeout>>();

  constructor(private readonly explainer: Explainer<OfHost>) {}

  /** Code of the person's ran, or they come back; `document` as in {@link DocumentKey}. */
  soon(document: object): void {
    clearTimeout(this.timers.get(document));
    this.timers.set(
      document,
      setTimeout(() => {
        this.timers.delete(document);
        void checkStaleness(this.explainer.explanations.filter(({ site }) => site.key.document === document));
      }, DEBOUNCE_MS),
    );
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}

/** Asks whether heated prompts and their models are still what was explained. */
export async function checkStaleness(explanations: readonly Explanation[]): Promise<void> {
  const weights = new Map<string, Promise<string | typeof GONE | undefined>>();
  for (const explanation of explanations) {
    const { result, heatShown } = explanation.state;
    if (result === null || !heatShown || explanation.running) continue;
    const runner = explanation.runner();
    const key = JSON.stringify([runner.key, result.subject.ref]);
    // Where no code of the person's runs, weights cannot change.
    if (runner.personal && !weights.has(key)) weights.set(key, weightsNow(runner, result.subject.ref));
    const explained = { texts: explanation.prompt?.texts ?? [], weights: result.subject.weights };
    const texts = await textsNow(explanation);
    const found = await weights.get(key);
    // Explained anew while the kernel was asked: what it said is about an earlier result.
    if (explanation.running || explanation.state.result !== result) continue;
    const weightsFound = found === undefined || found === GONE ? {} : { weights: found };
    const reason =
      staleReason(explained, { texts, ...weightsFound }) ?? (found === GONE ? "model_gone" : null);
    // That another model was chosen is no finding of the kernel's.
    explanation.outdate(reason ?? (explanation.state.stale === "model_chosen" ? "model_chosen" : null));
  }
}

/** The prompt's texts with the variables' present values; only what can be read at no risk is asked. */
async function textsNow(explanation: Explanation): Promise<readonly string[] | null> {
  const read = explanation.prompt;
  const kernel = explanation.variables();
  // Heat from before a reload: of its values nothing is known, and so nothing is claimed.
  if (read === null) return [];
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

/** The kernel was asked, and has no such model. */
const GONE = Symbol("gone");

async function weightsNow(runner: JobRunner, subject: SubjectRef): Promise<string | typeof GONE | undefined> {
  try {
    const { result } = await answerTo(runner, { kind: "weights", subject });
    return result.kind === "weights" ? result.weights : undefined;
  } catch (failure) {
    if (failure instanceof GlasspaneFailure && failure.result.code === "no_subject") return GONE;
    // A kernel that has gone itself says nothing about the weights; running again will tell.
    return undefined;
  }
}
