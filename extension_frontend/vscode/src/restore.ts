import { type AttributionResult, keptPane, type SavedExplanation } from "@glasspane/core";
import * as vscode from "vscode";
import { type EditorExplainer, siteOf } from "./site";

const KEY = "last explanation";
const QUIET_MS = 500;
/** A workspace's state is one small file, written often. */
const MOST_CHARACTERS = 300_000;

interface Kept {
  readonly saved: SavedExplanation;
  readonly result: AttributionResult;
}

/** Keeps the explanation that the pane shows over a reload of the window, and brings it back. */
export class KeptExplanation implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly explainer: EditorExplainer,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    explainer.stateChanged.connect(() => this.later());
    explainer.currentChanged.connect(() => this.later());
  }

  /** What the frame kept, else what the workspace did: browsers may drop a frame's state. */
  async restore(fromFrame: unknown): Promise<void> {
    const kept = this.keptIn(fromFrame) ?? this.state.get<Kept>(KEY);
    if (kept === undefined) return;
    try {
      if (!isSaved(kept.saved) || !isResult(kept.result)) throw new TypeError("kept by another version");
      const document = await documentOf(kept.saved);
      const site = document === null ? null : siteOf(document);
      // Something newer may have come while the document was looked for.
      if (site !== null && this.explainer.current === null)
        this.explainer.restore(site, kept.saved, kept.result, null);
    } catch (problem) {
      // The file has gone, or its provider has not come back.
      this.log.warn("What was explained before the reload cannot be shown again.", String(problem));
      await this.state.update(KEY, undefined);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private keptIn(fromFrame: unknown): Kept | undefined {
    const kept = keptPane(fromFrame);
    const result = kept?.state.result;
    return kept !== null && result && isSaved(kept.saved) ? { saved: kept.saved, result } : undefined;
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { current } = this.explainer;
      const saved = current?.saved() ?? null;
      const result = current?.state.result ?? null;
      // Nothing is shown any more; while something runs, what there was last stays.
      if (current === null) return void this.state.update(KEY, undefined);
      if (saved === null || result === null) return;
      const kept: Kept = { saved, result };
      const small = JSON.stringify(kept).length <= MOST_CHARACTERS;
      void this.state.update(KEY, small ? kept : undefined);
    }, QUIET_MS);
  }
}

async function documentOf({ path, cellIndex }: SavedExplanation): Promise<vscode.TextDocument | null> {
  const uri = vscode.Uri.parse(path);
  if (cellIndex === null) return vscode.workspace.openTextDocument(uri);
  const notebook = await vscode.workspace.openNotebookDocument(uri);
  return cellIndex < notebook.cellCount ? notebook.cellAt(cellIndex).document : null;
}

/** What a frame kept is checked like any message from one. */
function isSaved(saved: unknown): saved is SavedExplanation {
  if (typeof saved !== "object" || saved === null) return false;
  const { path, at, marks, method, options, target } = saved as Partial<
    Record<keyof SavedExplanation, unknown>
  >;
  const records = [at, options, target].every((each) => typeof each === "object" && each !== null);
  return typeof path === "string" && typeof method === "string" && records && Array.isArray(marks);
}

/** What a version that this one can draw has made. */
function isResult(result: unknown): result is AttributionResult {
  if (typeof result !== "object" || result === null) return false;
  const { kind, subject, checks, tokens, scores, cost, target } = result as Partial<AttributionResult>;
  const records = [subject, checks, cost, target].every((each) => typeof each === "object" && each !== null);
  return kind === "attribution" && records && Array.isArray(tokens) && Array.isArray(scores);
}
