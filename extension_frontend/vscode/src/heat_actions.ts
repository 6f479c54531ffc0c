import { staleReasonOf, staleSentence } from "@glasspane/core";
import * as vscode from "vscode";
import { offsetAt } from "./document_text";
import type { EditorHeatMemory } from "./heat_marks";
import { keyOf } from "./site";

/** On a heated prompt the light bulb offers to clear its heat, and to explain again what is out of date. */
export class HeatActions implements vscode.CodeActionProvider {
  static readonly kind = vscode.CodeActionKind.Empty.append("glasspane");

  constructor(private readonly memory: EditorHeatMemory) {}

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const key = keyOf(document);
    const text = this.memory.textUnderHeat(key);
    if (text === null) return [];
    const at = offsetAt(text, range.start);
    const heat = this.memory.heatsOf(key).find(({ span }) => span.from <= at && at <= span.to);
    if (heat === undefined || heat.tokens.size === 0) return [];
    const stale = staleReasonOf(heat);
    return [
      ...(stale === null
        ? []
        : [action("Explain this prompt again", "glasspane.runAgain", heat.id, staleSentence(stale))]),
      action("Clear the heat of this prompt", "glasspane.clearHeat", heat.id),
    ];
  }
}

function action(title: string, command: string, heat: string, tooltip?: string): vscode.CodeAction {
  const made = new vscode.CodeAction(`Glasspane: ${title}`, HeatActions.kind);
  made.command = { title, command, arguments: [heat], ...(tooltip === undefined ? {} : { tooltip }) };
  return made;
}
