import { modelInUse } from "@glasspane/core";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { NotebookActions } from "@jupyterlab/notebook";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { LabExplainer } from "./site";

/** Names the model that explains the current document, and says when the person's cells wait behind a job. */
export class StatusItem extends Widget {
  private readonly button = document.createElement("button");
  /** Cells sent but not finished, by notebook. */
  private readonly waiting = new Map<object, number>();
  private path: string | null = null;
  private notebook: NotebookPanel | null = null;

  constructor(
    private readonly explainer: LabExplainer,
    chooseModel: () => void,
  ) {
    super();
    this.addClass("gp-status");
    this.button.type = "button";
    this.button.title = "Choose the model that Glasspane explains";
    this.button.addEventListener("click", chooseModel);
    this.node.append(this.button);
    explainer.stateChanged.connect(() => this.update());
    explainer.currentChanged.connect(() => this.update());
    explainer.workplace.subjects.changed.connect(() => this.update());
    NotebookActions.executionScheduled.connect((_, { notebook }) => this.count(notebook, 1));
    NotebookActions.executed.connect((_, { notebook }) => this.count(notebook, -1));
    this.update();
  }

  /** The document in front. */
  attend(path: string | null, notebook: NotebookPanel | null): void {
    this.path = path;
    this.notebook = notebook;
    this.update();
  }

  protected override onUpdateRequest(message: Message): void {
    super.onUpdateRequest(message);
    this.node.classList.toggle("gp-status-waiting", this.cellsWait());
    this.button.textContent = this.cellsWait() ? "Your cells wait behind a Glasspane job" : this.name();
  }

  private count(notebook: object, change: number): void {
    this.waiting.set(notebook, Math.max(0, (this.waiting.get(notebook) ?? 0) + change));
    this.update();
  }

  /** A job of ours runs in the kernel of the notebook in front, and cells were sent since. */
  private cellsWait(): boolean {
    const panel = this.notebook;
    if (panel === null || (this.waiting.get(panel.content) ?? 0) === 0) return false;
    return this.explainer.explanations.some(({ site, state }) => {
      return site.notebook === panel && state.phase.at === "running" && state.phase.status === "running";
    });
  }

  private name(): string {
    return `Glasspane${suffixed(modelInUse(this.explainer, this.path))}`;
  }
}

function suffixed(name: string | null): string {
  return name === null ? "" : `: ${name}`;
}
