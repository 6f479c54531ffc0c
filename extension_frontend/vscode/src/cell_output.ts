import type * as vscode from "vscode";

/** What a cell printed, as text: its prints and results in order, without the formatting of terminals. */
export function outputText({ outputs }: vscode.NotebookCell): string {
  const decoder = new TextDecoder();
  const texts = outputs.flatMap(({ items }) => {
    const item = TEXTS.map((mime) => items.find((each) => each.mime === mime)).find(
      (each) => each !== undefined,
    );
    return item === undefined ? [] : [decoder.decode(item.data)];
  });
  return texts.join("").replace(ANSI, "");
}

/** Not stderr: what libraries warn of stands in front of what the model said. */
const TEXTS = ["application/vnd.code.notebook.stdout", "text/plain"];

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' own escape sequences are meant.
const ANSI = /\x1b\[[0-9;]*[A-Za-z]/g;
