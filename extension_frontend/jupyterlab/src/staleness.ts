import { checkStaleness } from "@glasspane/core";
import { type Notebook, NotebookActions } from "@jupyterlab/notebook";
import type { LabExplainer } from "./site";

const DEBOUNCE_MS = 400;

/** After cells ran, asks whether the notebook's heated prompts and their models are still what was explained. */
export class Staleness {
  private readonly timers = new Map<Notebook, number>();

  constructor(private readonly explainer: LabExplainer) {
    NotebookActions.executed.connect((_, { notebook }) => this.soon(notebook));
  }

  private soon(notebook: Notebook): void {
    window.clearTimeout(this.timers.get(notebook));
    this.timers.set(
      notebook,
      window.setTimeout(() => {
        this.timers.delete(notebook);
        const here = this.explainer.explanations.filter(({ site }) => site.notebook?.content === notebook);
        void checkStaleness(here);
      }, DEBOUNCE_MS),
    );
  }
}
