import { type AuditedPrompt, type DocumentKey, FINDING_SOURCE, findingsOf, sameKey } from "@glasspane/core";
import * as vscode from "vscode";
import { changesOf, rangeOf } from "./document_text";
import { type EditorExplainer, type EditorSite, keyOf, siteOf } from "./site";

/** Ranges follow the text a moment after it was typed. */
const QUIET_MS = 80;

/** What audits found, in Problems and below the prompts; in notebooks too. */
export class Findings implements vscode.Disposable {
  private readonly shown = vscode.languages.createDiagnosticCollection("Glasspane");
  private readonly disposables: vscode.Disposable[] = [];
  private readonly edited = new Map<vscode.TextDocument, NodeJS.Timeout>();

  constructor(private readonly explainer: EditorExplainer) {
    const { audited } = explainer.workplace;
    audited.changed.connect((_, key) => this.show(key));
    vscode.workspace.onDidChangeTextDocument((event) => this.follow(event), null, this.disposables);
    vscode.workspace.onDidOpenTextDocument(
      (document) => {
        const site = siteOf(document);
        if (site !== null) audited.reopen(site);
      },
      null,
      this.disposables,
    );
  }

  dispose(): void {
    for (const timer of this.edited.values()) clearTimeout(timer);
    for (const each of [this.shown, ...this.disposables]) each.dispose();
  }

  private follow(event: vscode.TextDocumentChangeEvent): void {
    if (event.contentChanges.length === 0) return;
    const { document } = event;
    const { audited } = this.explainer.workplace;
    const key = keyOf(document);
    const before = audited.textUnder(key);
    if (before === null) return;
    audited.edited(key, changesOf(before, event), before);
    if (audited.auditedIn(key).length === 0) return;
    clearTimeout(this.edited.get(document));
    const draw = () => {
      this.edited.delete(document);
      this.show(key);
    };
    this.edited.set(document, setTimeout(draw, QUIET_MS));
  }

  private show(key: DocumentKey): void {
    const { audited } = this.explainer.workplace;
    const document = documentOf(key, audited.sites);
    const text = audited.textUnder(key);
    if (document === null) return;
    const found = text === null ? [] : audited.auditedIn(key);
    this.shown.set(
      document,
      text === null
        ? []
        : found.flatMap((prompt) => diagnosticsOf(prompt, rangeOf(text, prompt.span.from, prompt.span.to))),
    );
  }
}

/** The address of a document that may have been closed meanwhile. */
function documentOf(key: DocumentKey, sites: readonly EditorSite[]): vscode.Uri | null {
  const site = sites.find((each) => sameKey(each.key, key));
  if (site !== undefined) return site.document.uri;
  // A cell's id is its address; a file's key is its document.
  if (key.id !== "") return vscode.Uri.parse(key.id);
  return "uri" in key.document ? (key.document as vscode.TextDocument).uri : null;
}

function diagnosticsOf(prompt: AuditedPrompt, range: vscode.Range): vscode.Diagnostic[] {
  return findingsOf(prompt).map(({ code, severity, message }) => {
    const { Warning, Information } = vscode.DiagnosticSeverity;
    const made = new vscode.Diagnostic(range, message, severity === "warning" ? Warning : Information);
    made.source = FINDING_SOURCE;
    made.code = { value: code, target: openAuditOf(prompt.id) };
    return made;
  });
}

function openAuditOf(id: string): vscode.Uri {
  return vscode.Uri.parse(`command:glasspane.openAudit?${encodeURIComponent(JSON.stringify([id]))}`);
}
