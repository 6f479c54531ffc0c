import type { DocumentKey, Explainer, Explanation, Site, Workplace } from "@glasspane/core";
import * as vscode from "vscode";
import { sourceOf } from "./document_text";

export interface EditorSite extends Site {
  readonly document: vscode.TextDocument;
  readonly cell: vscode.NotebookCell | null;
}

export type EditorExplainer = Explainer<EditorSite>;
export type EditorExplanation = Explanation<EditorSite>;
export type EditorWorkplace = Workplace<EditorSite>;

/** Schemes of texts that people write; not logs, outputs, diffs or settings pages. */
const WRITTEN = new Set(["file", "untitled", "vscode-notebook-cell", "vscode-remote", "vscode-vfs"]);

/** The site of a document; null for what is not a text of the person's own. */
export function siteOf(document: vscode.TextDocument): EditorSite | null {
  const cell = cellOf(document);
  if (cell === null && !WRITTEN.has(document.uri.scheme) && !isFileSystem(document.uri.scheme)) return null;
  const isCode = cell !== null && cell.kind === vscode.NotebookCellKind.Code;
  const owner = cell?.notebook ?? document;
  return {
    key: keyOf(document, cell),
    document,
    cell,
    cellIndex: cell?.index ?? null,
    // An IPython cell is Python even before its language was detected.
    language: document.languageId === "python" || (isCode && inPython(cell)) ? "python" : "text",
    path: owner.uri.toString(),
    phrase: cell === null ? fileName(document.uri) : `cell ${cell.index + 1}`,
    source: () => (document.isClosed ? "" : sourceOf(document)),
  };
}

export function keyOf(document: vscode.TextDocument, cell = cellOf(document)): DocumentKey {
  return cell === null ? { document, id: "" } : { document: cell.notebook, id: cell.document.uri.toString() };
}

/** The open document at an address. */
export function documentAt(uri: string): vscode.TextDocument | null {
  return vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri) ?? null;
}

export function fileName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}

function cellOf(document: vscode.TextDocument): vscode.NotebookCell | null {
  if (document.uri.scheme !== "vscode-notebook-cell") return null;
  for (const notebook of vscode.workspace.notebookDocuments) {
    const cell = notebook.getCells().find((each) => each.document === document);
    if (cell !== undefined) return cell;
  }
  return null;
}

function inPython({ document }: vscode.NotebookCell): boolean {
  return document.languageId === "python" || document.languageId === "plaintext";
}

function isFileSystem(scheme: string): boolean {
  return vscode.workspace.fs.isWritableFileSystem(scheme) === true;
}
