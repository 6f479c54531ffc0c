import {
  type Explainer,
  type Explanation,
  type Host,
  type JobClient,
  type JobRunner,
  type KeyPlace,
  runnerAt,
  type Site,
  sameKey,
  type Workplace,
} from "@glasspane/core";
import type { Cell } from "@jupyterlab/cells";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import type { IEditorTracker } from "@jupyterlab/fileeditor";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { keyOf } from "./document_key";

export interface LabSite extends Site {
  readonly model: CodeEditor.IModel;
  readonly notebook: NotebookPanel | null;
  readonly cell: Cell | null;
}

export type LabExplainer = Explainer<LabSite>;
export type LabExplanation = Explanation<LabSite>;
export type LabWorkplace = Workplace<LabSite>;

/** The kernel whose variables belong to the site; a file has none. */
export function kernelOf(site: LabSite): Kernel.IKernelConnection | null {
  const kernel = site.notebook?.sessionContext.session?.kernel ?? null;
  return kernel === null || kernel.isDisposed || kernel.status === "dead" ? null : kernel;
}

/** JupyterLab's documents and the kernels of its server. */
export class LabHost implements Host<LabSite> {
  private readonly closing = new WeakMap<object, () => void>();

  constructor(
    private readonly client: JobClient,
    private readonly sites: SiteFinder,
  ) {}

  catalogue() {
    return this.client.catalogue();
  }

  again(site: LabSite): LabSite | null {
    return this.sites.again(site);
  }

  whenClosed({ notebook, model }: LabSite, then: () => void): void {
    const document = notebook ?? model.sharedModel;
    // Listened to once, however many explanations it gets.
    if (!this.closing.has(document)) document.disposed.connect(() => this.closing.get(document)?.());
    this.closing.set(document, then);
  }

  isClosed({ notebook, model }: LabSite): boolean {
    return (notebook ?? model).isDisposed;
  }

  ownKernel(site: LabSite): JobRunner | null {
    const kernel = kernelOf(site);
    return kernel === null ? null : this.runningKernel(kernel.id);
  }

  dedicatedKernel(): JobRunner {
    return runnerAt(this.client, { place: "dedicated" });
  }

  runningKernel(id: string): JobRunner {
    return runnerAt(this.client, { place: "kernel", kernel_id: id });
  }

  keyPlace(where: "own" | "dedicated" | "running"): KeyPlace {
    return where === "dedicated" ? "lab server" : "lab kernel";
  }

  unforeseen(failure: unknown): void {
    console.error("Glasspane", failure);
  }
}

/** Finds the open document that an editor model belongs to. */
export class SiteFinder {
  constructor(
    private readonly notebooks: INotebookTracker | null,
    private readonly files: IEditorTracker | null,
  ) {}

  find(model: CodeEditor.IModel): LabSite | null {
    let found: LabSite | null = null;
    this.notebooks?.forEach((panel) => {
      const index = panel.content.widgets.findIndex((cell) => cell.model === model);
      const cell = panel.content.widgets[index];
      if (found === null && cell !== undefined) found = cellSite(panel, cell, index);
    });
    this.files?.forEach((widget) => {
      if (found !== null || widget.content.editor.model !== model) return;
      const path = widget.context.path;
      found = {
        cellIndex: null,
        source: () => textOfModel(model),
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
  again(site: LabSite): LabSite | null {
    if (!site.model.isDisposed) return this.find(site.model) ?? null;
    let found: LabSite | null = null;
    this.notebooks?.forEach((panel) => {
      const cell = panel.content.widgets.find((each) => sameKey(keyOf(each.model), site.key));
      if (found === null && cell !== undefined) found = this.find(cell.model);
    });
    return found;
  }

  /** The code cell an output's element belongs to. */
  findByNode(node: Element): LabSite | null {
    let found: LabSite | null = null;
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

function cellSite(panel: NotebookPanel, cell: Cell, index: number): LabSite {
  return {
    cellIndex: index,
    source: () => textOfModel(cell.model),
    key: keyOf(cell.model),
    model: cell.model,
    language: cell.model.type === "code" ? "python" : "text",
    path: panel.context.path,
    phrase: `cell ${index + 1}`,
    notebook: panel,
    cell,
  };
}

function textOfModel(model: CodeEditor.IModel): string {
  return model.isDisposed ? "" : model.sharedModel.getSource();
}

function isPython(mimeType: string): boolean {
  // Markdown is "text/x-ipythongfm".
  return mimeType === "text/x-python" || mimeType === "text/x-ipython";
}
