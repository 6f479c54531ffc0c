import type { CodeEditor } from "@jupyterlab/codeeditor";

/**
 * What stays the same of a cell or a file while its models and editors come and go.
 *
 * Moving a cell makes a new model for it; its id within the notebook stays. Ids alone
 * will not do: a copy of a notebook has the same ones.
 */
export interface DocumentKey {
  /** The shared notebook, or the shared text of a file. */
  readonly document: object;
  /** The cell's id; empty for a file. */
  readonly id: string;
}

interface MaybeCell {
  readonly notebook?: object | null;
  readonly getId?: () => string;
}

export function keyOf(model: CodeEditor.IModel): DocumentKey {
  const shared = model.sharedModel as CodeEditor.IModel["sharedModel"] & MaybeCell;
  if (shared.notebook && shared.getId) return { document: shared.notebook, id: shared.getId() };
  return { document: shared, id: "" };
}

export function sameKey(a: DocumentKey, b: DocumentKey): boolean {
  return a.document === b.document && a.id === b.id;
}
