import * as vscode from "vscode";

/** Hears of documents that a person saves; VS Code may also save by itself, at every pause. `saved` as in `DocumentKey`. */
export class Saves implements vscode.Disposable {
  private readonly byHand = new Set<object>();
  private readonly disposables: vscode.Disposable[] = [];

  constructor(saved: (document: object) => void) {
    const { workspace } = vscode;
    const asked = (document: object, reason: vscode.TextDocumentSaveReason) => {
      if (reason === vscode.TextDocumentSaveReason.Manual) this.byHand.add(document);
      else this.byHand.delete(document);
    };
    const done = (document: object) => {
      if (this.byHand.delete(document)) saved(document);
    };
    workspace.onWillSaveTextDocument(
      ({ document, reason }) => asked(document, reason),
      null,
      this.disposables,
    );
    workspace.onDidSaveTextDocument(done, null, this.disposables);
    workspace.onWillSaveNotebookDocument(
      ({ notebook, reason }) => asked(notebook, reason),
      null,
      this.disposables,
    );
    workspace.onDidSaveNotebookDocument(done, null, this.disposables);
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }
}
