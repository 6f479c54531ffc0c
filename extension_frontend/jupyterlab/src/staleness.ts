import { StalenessChecks } from "@glasspane/core";
import { type INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import type { LabExplainer } from "./site";

/**
 * After cells ran or the kernel was started anew, asks whether the notebook's heated prompts and their models are
 * still what was explained.
 */
export function checkAfterCells(explainer: LabExplainer, notebooks: INotebookTracker | null): void {
  const checks = new StalenessChecks(explainer);
  notebooks?.widgetAdded.connect((_, { content, sessionContext }) => {
    let restarting = false;
    sessionContext.statusChanged.connect((_, status) => {
      if (status === "restarting" || status === "autorestarting") restarting = true;
      else if (restarting && status === "idle") {
        restarting = false;
        if (content.model !== null) checks.soon(content.model.sharedModel);
      }
    });
  });
  NotebookActions.executed.connect((_, { notebook }) => {
    const { model } = notebook;
    if (model !== null) checks.soon(model.sharedModel);
  });
}
