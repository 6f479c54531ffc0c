import type { DocumentLanguage, Place } from "@glasspane/core";
import type { Cell } from "@jupyterlab/cells";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import type { IEditorTracker } from "@jupyterlab/fileeditor";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { type DocumentKey, keyOf, sameKey } from "./document_key";

/** The document a prompt stands in: one notebook cell or one file. */
export interface Site {
  readonly key: DocumentKey;
  readonly model: CodeEditor.IModel;
  readonly language: DocumentLanguage;
  /** Path of the file or notebook: what choices are remembered for. */
  readonly path: string;
  /** Where it is, as a phrase: "cell 3", "notes.md". */
  readonly phrase: string;
  readonly notebook: NotebookPanel | null;
  readonly cell: Cell | null;
}

/** The kernel whose variables belong to the site; a file has none. */
export function kernelOf(site: Site): Kernel.IKernelConnection | null {
  const kernel = site.notebook?.sessionContext.session?.kernel ?? null;
  return kernel === null || kernel.isDisposed || kernel.status === "dead" ? null : kernel;
}

export function placeOf(kernel: Kernel.IKernelConnection | null): Place {
  return kernel === null ? { place: "dedicated" } : { place: "kernel", kernel_id: kernel.id };
}

/** Finds the open document that an editor model belongs to. */
export class SiteFinder {
  constructor(
    private readonly notebooks: INotebookTracker | null,
    private readonly files: IEditorTracker | null,
  ) {}

  find(model: CodeEditor.IModel): Site | null {
    let found: Site | null = null;
    this.notebooks?.forEach((panel) => {
      const index = panel.content.widgets.findIndex((cell) => cell.model === model);
      const cell = panel.content.widgets[index];
      if (found === null && cell !== undefined) found = cellSite(panel, cell, index);
    });
    this.files?.forEach((widget) => {
      if (found !== null || widget.content.editor.model !== model) return;
      const path = widget.context.path;
      found = {
        key: keyOf(model),
        model,
        language: isPython(model.mimeType) ? "python" : "text",
        path,
        phrase: path.slice(path.lastIndexOf("/") + 1),
        notebook: null,
        cell: null,
      };
    });
    return found;
  }

  /** The same cell or file again, after it moved or was shown anew; null if it is gone. */
  again(site: Site): Site | null {
    if (!site.model.isDisposed) return this.find(site.model) ?? null;
    let found: Site | null = null;
    this.notebooks?.forEach((panel) => {
      const cell = panel.content.widgets.find((each) => sameKey(keyOf(each.model), site.key));
      if (found === null && cell !== undefined) found = this.find(cell.model);
    });
    return found;
  }

  /** The code cell an output's element belongs to. */
  findByNode(node: Element): Site | null {
    let found: Site | null = null;
    this.notebooks?.forEach((panel) => {
      const index = panel.content.widgets.findIndex((cell) => cell.node.contains(node));
      const cell = panel.content.widgets[index];
      if (found === null && cell !== undefined) found = cellSite(panel, cell, index);
    });
    return found;
  }

  /** The editor a command from the palette or the keyboard means. */
  current(shown: unknown): CodeEditor.IEditor | null {
    const panel = this.notebooks?.currentWidget ?? null;
    if (panel !== null && (shown === null || shown === panel))
      return panel.content.activeCell?.editor ?? null;
    const file = this.files?.currentWidget ?? null;
    if (file !== null && (shown === null || shown === file)) return file.content.editor;
    return null;
  }
}

function cellSite(panel: NotebookPanel, cell: Cell, index: number): Site {
  return {
    key: keyOf(cell.model),
    model: cell.model,
    language: cell.model.type === "code" ? "python" : "text",
    path: panel.context.path,
    phrase: `cell ${index + 1}`,
    notebook: panel,
    cell,
  };
}

function isPython(mimeType: string): boolean {
  // Markdown is "text/x-ipythongfm".
  return mimeType === "text/x-python" || mimeType === "text/x-ipython";
}
