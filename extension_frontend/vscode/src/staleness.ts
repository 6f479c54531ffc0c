import { checkStaleness } from "@glasspane/core";
import * as vscode from "vscode";
import type { EditorExplainer } from "./site";

const DEBOUNCE_MS = 400;

/** After cells ran, or when the person comes back to a document, asks whether its heat still holds. */
export class Staleness implements vscode.Disposable {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly disposables: vscode.Disposable[] = [];

  constructor(private readonly explainer: EditorExplainer) {
    vscode.workspace.onDidChangeNotebookDocument(
      ({ cellChanges, notebook }) => {
        if (cellChanges.some(({ executionSummary }) => executionSummary?.success !== undefined)) {
          this.soon(notebook.uri.toString());
        }
      },
      null,
      this.disposables,
    );
    vscode.window.onDidChangeActiveTextEditor(
      (editor) => {
        // A cell's own runs are heard of; what runs in a kernel elsewhere is not.
        if (editor !== undefined && editor.document.uri.scheme !== "vscode-notebook-cell") {
          this.soon(editor.document.uri.toString());
        }
      },
      null,
      this.disposables,
    );
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const each of this.disposables) each.dispose();
  }

  private soon(path: string): void {
    clearTimeout(this.timers.get(path));
    this.timers.set(
      path,
      setTimeout(() => {
        this.timers.delete(path);
        const here = this.explainer.explanations.filter(
          (each) => each.site.path === path && !each.running && each.runner().personal,
        );
        void checkStaleness(here);
      }, DEBOUNCE_MS),
    );
  }
}
