import { ChangeSet, type Text } from "@codemirror/state";
import { textOf } from "@glasspane/core";
import * as vscode from "vscode";

/**
 * A document's text as the core counts it: lines joined by \n, whatever ends them in the file.
 *
 * Lines and characters are the same on both sides, so positions are translated through them.
 */
export function sourceOf(document: vscode.TextDocument): string {
  return document.getText().replace(/\r\n?/g, "\n");
}

export function offsetAt(text: Text, { line, character }: vscode.Position): number {
  const { from, to } = text.line(Math.min(line + 1, text.lines));
  return Math.min(from + character, to);
}

function positionAt(text: Text, offset: number): vscode.Position {
  const { number, from } = text.lineAt(Math.max(0, Math.min(offset, text.length)));
  return new vscode.Position(number - 1, offset - from);
}

export function rangeOf(text: Text, from: number, to: number): vscode.Range {
  return new vscode.Range(positionAt(text, from), positionAt(text, to));
}

/** An edit as changes of the text before it; what the event leaves unsaid is taken from the text after it. */
export function changesOf(
  before: Text,
  { contentChanges, document }: vscode.TextDocumentChangeEvent,
): ChangeSet {
  const after = textOf(sourceOf(document));
  try {
    const changes = ChangeSet.of(
      contentChanges.map(({ range, text }) => ({
        from: offsetAt(before, range.start),
        to: offsetAt(before, range.end),
        insert: textOf(text.replace(/\r\n?/g, "\n")),
      })),
      before.length,
    );
    if (changes.apply(before).eq(after)) return changes;
  } catch (problem) {
    // Ranges that overlap or lie outside: told of a text that is not this one.
    if (!(problem instanceof RangeError)) throw problem;
  }
  return ChangeSet.of({ from: 0, to: before.length, insert: after }, before.length);
}
