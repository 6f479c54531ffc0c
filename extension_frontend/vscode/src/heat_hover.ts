import { hoverMarkdown, staleReasonOf, type TokenHit, tokenAt } from "@glasspane/core";
import * as vscode from "vscode";
import { offsetAt, rangeOf } from "./document_text";
import type { EditorHeatMemory, HeatValue } from "./heat_marks";
import { type EditorExplainer, keyOf } from "./site";

/** The heat at a place in a document. */
export function heatAt(
  memory: EditorHeatMemory,
  document: vscode.TextDocument,
  position: vscode.Position,
): TokenHit<HeatValue> | null {
  const key = keyOf(document);
  const text = memory.textUnderHeat(key);
  if (text === null) return null;
  return tokenAt(memory.heatsOf(key), offsetAt(text, position), 1, ({ token }) => token);
}

/** VS Code does not say when a pointer has left a token: the pane lets go of it after this long. */
const POINTED_MS = 8000;

/** A heated token's numbers, and what can be done with it. */
export class HeatHover implements vscode.HoverProvider {
  private letGo: NodeJS.Timeout | undefined;

  constructor(
    private readonly memory: EditorHeatMemory,
    private readonly explainer: EditorExplainer,
  ) {}

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | null {
    const hit = heatAt(this.memory, document, position);
    const result = hit === null ? null : this.explainer.resultOf(hit.heat);
    const text = this.memory.textUnderHeat(keyOf(document));
    this.explainer.pointedNowhere();
    clearTimeout(this.letGo);
    if (hit === null || result === null || text === null) return null;
    this.explainer.pointed(hit.heat, hit.mark.tokens[0] ?? null);
    this.letGo = setTimeout(() => this.explainer.pointedNowhere(), POINTED_MS);
    const stale = staleReasonOf(hit.drawn);
    const again = stale === null ? "" : `${link("Explain again", "glasspane.runAgain", hit.heat)} · `;
    const content = new vscode.MarkdownString(
      [
        hoverMarkdown(hit.mark, result, stale),
        `${again}${link("Show pane", "glasspane.showPane", hit.heat)} · ${link("Clear heat", "glasspane.clearHeat", hit.heat)}`,
      ].join("\n\n"),
    );
    content.isTrusted = {
      enabledCommands: ["glasspane.runAgain", "glasspane.showPane", "glasspane.clearHeat"],
    };
    return new vscode.Hover(content, rangeOf(text, hit.from, hit.to));
  }
}

function link(label: string, command: string, heat: string): string {
  return `[${label}](command:${command}?${encodeURIComponent(JSON.stringify([heat]))})`;
}
