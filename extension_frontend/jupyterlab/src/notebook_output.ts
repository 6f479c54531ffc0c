import { NotebookActions } from "@jupyterlab/notebook";
import type { LabExplanation } from "./site";

/**
 * Puts an explanation into the notebook: a cell below with the call that gives it, run.
 *
 * The notebook then holds code and output that belong together, instead of an output nobody can repeat.
 */
export async function insertAsCell(explanation: LabExplanation): Promise<void> {
  const { notebook, cell } = explanation.site;
  const code = explanation.state.result?.code;
  if (notebook === null || code === undefined) return;
  const { content, sessionContext } = notebook;
  const index = cell === null ? -1 : content.widgets.indexOf(cell);
  content.activeCellIndex = index === -1 ? content.activeCellIndex : index;
  content.deselectAll();
  NotebookActions.insertBelow(content);
  content.activeCell?.model.sharedModel.setSource(code);
  if (sessionContext.session?.kernel) await NotebookActions.run(content, sessionContext);
}
