import type { OutputQuestion } from "@glasspane/core";

/** Reads an output's text and the selection within it from the page. */
export function questionAt(node: HTMLElement): OutputQuestion {
  const output = node.textContent ?? "";
  const selection = document.getSelection();
  const range = selection !== null && selection.rangeCount > 0 ? selection.getRangeAt(0) : null;
  if (range === null || range.collapsed || !node.contains(range.commonAncestorContainer)) {
    return { output, selection: null };
  }
  const before = document.createRange();
  before.selectNodeContents(node);
  before.setEnd(range.startContainer, range.startOffset);
  const from = before.toString().length;
  return { output, selection: { from, to: from + range.toString().length } };
}
