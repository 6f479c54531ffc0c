import {
  answerTo,
  type Catalogue,
  GlasspaneFailure,
  type Host,
  type JobRunner,
  type KeyPlace,
  runnerAt,
} from "@glasspane/core";
import * as vscode from "vscode";
import { hasJupyter } from "./jupyter_api";
import type { KernelPermission } from "./kernel_permission";
import { NotebookKernel } from "./notebook_kernel";
import type { Server } from "./server";
import { documentAt, type EditorSite, fileName, siteOf } from "./site";
import { traceOf } from "./trace";

const RENAME_MS = 10_000;

/** VS Code's documents, its notebooks' kernels, and the kernels of the server. */
export class EditorHost implements Host<EditorSite>, vscode.Disposable {
  private readonly notebooks = new Map<string, NotebookKernel>();
  private readonly closing = new Map<object, () => void>();
  private renaming: ((path: string) => string | null) | null = null;
  private renamingEnds: NodeJS.Timeout | undefined;
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly server: Server,
    private readonly permission: KernelPermission,
    private readonly log: vscode.LogOutputChannel,
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
    const found = document === null ? null : siteOf(document);
    // The text of a deleted cell may outlive it.
    return site.cell !== null && found?.cell === null ? null : found;
  }

  whenClosed({ key }: EditorSite, then: () => void): void {
    this.closing.set(key.document, then);
  }

  /** Documents of these paths are being renamed: they close without an end. Null: no longer. */
  keep(renamed: ((path: string) => string | null) | null): void {
    clearTimeout(this.renamingEnds);
    this.renaming = renamed;
    // Of a rename that fails no end is told.
    if (renamed !== null) this.renamingEnds = setTimeout(() => this.keep(null), RENAME_MS);
    else for (const then of [...this.closing.values()]) then();
  }

  isClosed({ cell, document, path }: EditorSite): boolean {
    if (this.renaming?.(path)) return false;
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
    // A server's kernels have no address: this was the one of a notebook.
    if (id.includes(":")) return closedNotebook(id);
    return runnerAt(this.server.client, { place: "kernel", kernel_id: id });
  }

  keyPlace(where: "own" | "dedicated" | "running"): KeyPlace {
    if (where !== "dedicated") return "editor kernel";
    return this.server.ownIsUsed ? "store" : "named server";
  }

  unforeseen(failure: unknown): void {
    this.log.error(traceOf(failure));
  }

  dispose(): void {
    clearTimeout(this.renamingEnds);
    for (const each of this.disposables) each.dispose();
  }

  private kernelOf(uri: vscode.Uri): NotebookKernel {
    const key = uri.toString();
    const known = this.notebooks.get(key) ?? new NotebookKernel(uri, this.permission, this.log, this.version);
    this.notebooks.set(key, known);
    return known;
  }

  private closed(document: object): void {
    const then = this.closing.get(document);
    this.closing.delete(document);
    then?.();
  }
}

/** Of a notebook that is not open nobody can say whether its kernel runs. */
function closedNotebook(address: string): JobRunner {
  const gone = async () => {
    throw GlasspaneFailure.of(
      "kernel_not_found",
      `${fileName(vscode.Uri.parse(address))}, whose kernel has the model chosen here, is not open.`,
      "Open it, or choose another model (“Glasspane: Choose Model…”).",
    );
  };
  return { key: address, personal: true, start: gone, follow: gone, cancel: async () => undefined };
}
