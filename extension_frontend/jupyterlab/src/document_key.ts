import type { DocumentKey } from "@glasspane/core";
import type { CodeEditor } from "@jupyterlab/codeeditor";

interface MaybeCell {
  readonly notebook?: object | null;
  readonly getId?: () => string;
}

/** A cell is known by its id within its shared notebook, a file by its shared text. */
export function keyOf(model: CodeEditor.IModel): DocumentKey {
  const shared = model.sharedModel as CodeEditor.IModel["sharedModel"] & MaybeCell;
  if (shared.notebook && shared.getId) return { document: shared.notebook, id: shared.getId() };
  return { document: shared, id: "" };
}
