import * as vscode from "vscode";
import type { EditorHost } from "./host";
import { type EditorExplainer, type EditorSite, siteOf } from "./site";

/** Heat, explanations and chosen models go along when a file or its folder is renamed. */
export class Renames implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly explainer: EditorExplainer,
    host: EditorHost,
  ) {
    // VS Code closes a renamed document and opens another: that is no end of it.
    vscode.workspace.onWillRenameFiles(({ files }) => host.keep(renamed(files)), null, this.disposables);
    vscode.workspace.onDidRenameFiles(
      ({ files }) => void this.follow(renamed(files)).finally(() => host.keep(null)),
      null,
      this.disposables,
    );
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  private async follow(now: (path: string) => string | null): Promise<void> {
    const { explainer } = this;
    explainer.workplace.subjects.move(now);
    const sites = new Set(explainer.explanations.map(({ site }) => site));
    for (const site of sites) {
      const path = now(site.path);
      const to = path === null ? null : await siteAt(path, site);
      if (to !== null) explainer.moveTo(site, to);
    }
  }
}

async function siteAt(path: string, { cellIndex }: EditorSite): Promise<EditorSite | null> {
  const uri = vscode.Uri.parse(path);
  try {
    if (cellIndex === null) return siteOf(await vscode.workspace.openTextDocument(uri));
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    return cellIndex < notebook.cellCount ? siteOf(notebook.cellAt(cellIndex).document) : null;
  } catch {
    // Renamed once more, or to what VS Code opens no text of.
    return null;
  }
}

/** What a path is called after the files were renamed, itself or a folder above it; null: as before. */
export function renamed(
  files: readonly { readonly oldUri: vscode.Uri; readonly newUri: vscode.Uri }[],
): (path: string) => string | null {
  return (path) => {
    for (const { oldUri, newUri } of files) {
      const before = oldUri.toString();
      if (path === before || path.startsWith(`${before}/`)) return newUri + path.slice(before.length);
    }
    return null;
  };
}
