import { promptPlaces, textOf } from "@glasspane/core";
import * as vscode from "vscode";
import { rangeOf, sourceOf } from "./document_text";

/** A line above each prompt-like literal of a Python document, from which it can be explained. */
export function promptLenses(document: vscode.TextDocument): vscode.CodeLens[] {
  const source = sourceOf(document);
  const text = textOf(source);
  return promptPlaces(source).map(
    ({ from, to }) =>
      new vscode.CodeLens(rangeOf(text, from, to), {
        title: "Explain this prompt",
        command: "glasspane.explain",
        arguments: [document.uri.toString(), { from: from + 1, to: from + 1 }],
      }),
  );
}
