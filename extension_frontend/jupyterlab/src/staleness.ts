import { StalenessChecks } from "@glasspane/core";
import { NotebookActions } from "@jupyterlab/notebook";
import type { LabExplainer } from "./site";

/** After cells ran, asks whether the notebook's heated prompts and their models are still what was explained. */
export function checkAfterCells(explainer: LabExplainer): void {
  const checks = new StalenessChecks(explainer);
  NotebookActions.executed.connect((_, { notebook }) => {
    const { model } = notebook;
    if (model !== null) checks.soon(model.sharedModel);
  });
}
