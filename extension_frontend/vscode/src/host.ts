import { answerTo, type Catalogue, type Host, type JobRunner, runnerAt } from "@glasspane/core";
import * as vscode from "vscode";
import { hasJupyter } from "./jupyter_api";
import { NotebookKernel } from "./notebook_kernel";
import type { Server } from "./server";
import { documentAt, type EditorSite, siteOf } from "./site";

/** VS Code's documents, its notebooks' kernels, and the kernels of the server. */
export class EditorHost implements Host<EditorSite>, vscode.Disposable {
  private readonly notebooks = new Map<string, NotebookKernel>();
  private readonly closing = new Map<object, () => void>();
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly server: Server,
    private readonly state: vscode.Memento,
    private readonly version: string,
  ) {
    vscode.workspace.onDidCloseTextDocument(
      (document) => {
        // A change of its language closes a document, and opens it at once.
        if (document.isClosed) this.closed(document);
      },
      null,
      this.disposables,
    );
    vscode.workspace.onDidCloseNotebookDocument(
      (notebook) => {
        this.notebooks.delete(notebook.uri.toString());
        this.closed(notebook);
      },
      null,
      this.disposables,
    );
  }

  async catalogue(site: EditorSite | null): Promise<Catalogue> {
    const own = site === null ? null : this.ownKernel(site);
    if (own === null) return this.server.client.catalogue();
    const { result } = await answerTo(own, { kind: "catalogue" });
    if (result.kind !== "catalogue") throw new Error(`expected catalogue, got ${result.kind}`);
    return result;
  }

  again(site: EditorSite): EditorSite | null {
    const document = documentAt(site.document.uri.toString());
    return document === null ? null : siteOf(document);
  }

  whenClosed({ key }: EditorSite, then: () => void): void {
    this.closing.set(key.document, then);
  }

  isClosed({ cell, document }: EditorSite): boolean {
    return cell === null ? document.isClosed : cell.notebook.isClosed;
  }

  ownKernel({ cell }: EditorSite): JobRunner | null {
    if (cell === null || cell.notebook.notebookType !== "jupyter-notebook" || !hasJupyter()) return null;
    return this.kernelOf(cell.notebook.uri);
  }

  dedicatedKernel(): JobRunner {
    return runnerAt(this.server.client, { place: "dedicated" });
  }

  /** A kernel of the server by its id, or that of an open notebook by its address. */
  runningKernel(id: string): JobRunner {
    const notebook = vscode.workspace.notebookDocuments.find(({ uri }) => uri.toString() === id);
    if (notebook !== undefined) return this.kernelOf(notebook.uri);
    return runnerAt(this.server.client, { place: "kernel", kernel_id: id });
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  private kernelOf(uri: vscode.Uri): NotebookKernel {
    const key = uri.toString();
    const known = this.notebooks.get(key) ?? new NotebookKernel(uri, this.state, this.version);
    this.notebooks.set(key, known);
    return known;
  }

  private closed(document: object): void {
    const then = this.closing.get(document);
    this.closing.delete(document);
    then?.();
  }
}
