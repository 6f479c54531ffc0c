import { type AttributionResult, MIME_TYPE, targetSentence } from "@glasspane/core";
import * as vscode from "vscode";
import { hasJupyter } from "./jupyter_api";
import type { EditorExplanation } from "./site";

/**
 * Puts an explanation into the notebook: a cell below with the call that gives it, run or with its output.
 *
 * The notebook then holds code and output that belong together, instead of an output nobody can repeat.
 */
export async function insertAsCell({ site, state }: EditorExplanation): Promise<void> {
  const { cell } = site;
  // The pane offers it for results in notebooks only.
  if (cell === null || state.result === null) return;
  const { notebook, index } = cell;
  // −1: the cell was deleted.
  if (index < 0 || notebook.isClosed) {
    void vscode.window.showErrorMessage(
      "The cell that was explained is gone. “Copy as Python” in the pane gives the call to put elsewhere.",
    );
    return;
  }
  const made = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, state.result.code, "python");
  // Nothing else can run it there: the answer comes along.
  if (!hasJupyter()) made.outputs = [storedOutput(state.result)];
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(index + 1, [made])]);
  if (!(await vscode.workspace.applyEdit(edit))) {
    void vscode.window.showErrorMessage(
      "The notebook cannot be changed. “Copy as Python” in the pane gives the same call.",
    );
    return;
  }
  if (!hasJupyter()) return;
  await vscode.commands.executeCommand("notebook.cell.execute", {
    ranges: [{ start: index + 1, end: index + 2 }],
    document: notebook.uri,
  });
}

/** As the call itself displays it. */
function storedOutput(result: AttributionResult): vscode.NotebookCellOutput {
  const items = [
    vscode.NotebookCellOutputItem.json(result, MIME_TYPE),
    vscode.NotebookCellOutputItem.text(targetSentence(result)),
  ];
  return new vscode.NotebookCellOutput(items, { outputType: "display_data" });
}
