import { type AuditedPrompt, FINDING_SOURCE } from "@glasspane/core";
import * as vscode from "vscode";
import { offsetAt } from "./document_text";
import { type EditorExplainer, keyOf } from "./site";

/** Quick fixes of what an audit found. */
export class FindingActions implements vscode.CodeActionProvider {
  static readonly kind = vscode.CodeActionKind.QuickFix;

  constructor(private readonly explainer: EditorExplainer) {}

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const found = context.diagnostics.filter(({ source }) => source === FINDING_SOURCE);
    const { audited } = this.explainer.workplace;
    const key = keyOf(document);
    const text = audited.textUnder(key);
    if (found.length === 0 || text === null) return [];
    const at = offsetAt(text, range.start);
    const prompt = audited.auditedIn(key).find(({ span }) => span.from <= at && at <= span.to);
    if (prompt === undefined) return [];
    return [
      action("Open audit", "glasspane.openAudit", prompt, found),
      action("Run again", "glasspane.auditAgain", prompt, found),
    ];
  }
}

function action(
  title: string,
  command: string,
  { id }: AuditedPrompt,
  diagnostics: vscode.Diagnostic[],
): vscode.CodeAction {
  const made = new vscode.CodeAction(`Glasspane: ${title}`, FindingActions.kind);
  made.diagnostics = diagnostics;
  made.command = { title, command, arguments: [id] };
  return made;
}
