import { type JobClient, type SubjectRef, staleReason } from "@glasspane/core";
import { type Notebook, NotebookActions } from "@jupyterlab/notebook";
import type { Explainer } from "./explainer";
import type { Explanation } from "./explanation";
import { answerTo } from "./jobs";
import { kernelOf, placeOf } from "./site";

const DEBOUNCE_MS = 400;

/** After cells ran, asks whether heated prompts and their models are still what was explained. */
export class Staleness {
  private readonly timers = new Map<Notebook, number>();

  constructor(private readonly explainer: Explainer) {
    NotebookActions.executed.connect((_, { notebook }) => this.soon(notebook));
  }

  private soon(notebook: Notebook): void {
    window.clearTimeout(this.timers.get(notebook));
    this.timers.set(
      notebook,
      window.setTimeout(() => {
        this.timers.delete(notebook);
        void this.check(notebook);
      }, DEBOUNCE_MS),
    );
  }

  private async check(notebook: Notebook): Promise<void> {
    const heated = this.explainer.explanations.filter(
      ({ site, state }) => site.notebook?.content === notebook && state.heatShown && state.result !== null,
    );
    const weights = new Map<string, Promise<string | undefined>>();
    for (const explanation of heated) {
      const result = explanation.state.result;
      if (result === null) continue;
      const place = explanation.place();
      // Glasspane's own kernel runs no code of the person's: its weights cannot change.
      const key = JSON.stringify([place, result.subject.ref]);
      if (place.place === "kernel" && !weights.has(key)) {
        weights.set(key, weightsNow(this.explainer.workplace.client, place, result.subject.ref));
      }
      const now = { texts: await this.textsNow(explanation), weights: await weights.get(key) };
      const explained = { texts: explanation.prompt?.texts ?? [], weights: result.subject.weights };
      const reason = staleReason(explained, {
        texts: now.texts,
        ...(now.weights === undefined ? {} : { weights: now.weights }),
      });
      explanation.outdate(reason);
    }
  }

  /** The prompt's texts with the variables' present values; only what can be read at no risk is asked. */
  private async textsNow(explanation: Explanation): Promise<readonly string[] | null> {
    const read = explanation.prompt;
    if (read === null) return null;
    if (read.names.length === 0) return read.texts;
    const place = placeOf(kernelOf(explanation.site));
    try {
      const { result } = await answerTo(this.explainer.workplace.client, place, {
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
}

async function weightsNow(
  client: JobClient,
  place: Parameters<typeof answerTo>[1],
  subject: SubjectRef,
): Promise<string | undefined> {
  try {
    const { result } = await answerTo(client, place, { kind: "weights", subject });
    return result.kind === "weights" ? result.weights : undefined;
  } catch {
    // A kernel that has gone says nothing about the weights; running again will tell.
    return undefined;
  }
}
