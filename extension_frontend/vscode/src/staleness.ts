import { StalenessChecks } from "@glasspane/core";
import * as vscode from "vscode";
import type { EditorExplainer, EditorSite } from "./site";

/** After cells ran, or when the person comes back to a document, asks whether its heat still holds. */
export class Staleness implements vscode.Disposable {
  private readonly checks: StalenessChecks<EditorSite>;
  private readonly disposables: vscode.Disposable[] = [];

  constructor(explainer: EditorExplainer) {
    this.checks = new StalenessChecks(explainer);
    vscode.workspace.onDidChangeNotebookDocument(
      ({ cellChanges, notebook }) => {
        if (cellChanges.some(({ executionSummary }) => executionSummary?.success !== undefined)) {
          this.checks.soon(notebook);
        }
      },
      null,
      this.disposables,
    );
    vscode.window.onDidChangeActiveTextEditor(
      (editor) => {
        // A cell's own runs are heard of; what runs in a kernel elsewhere is not.
        if (editor !== undefined && editor.document.uri.scheme !== "vscode-notebook-cell") {
          this.checks.soon(editor.document);
        }
      },
      null,
      this.disposables,
    );
  }

  dispose(): void {
    this.checks.dispose();
    for (const each of this.disposables) each.dispose();
  }
}
