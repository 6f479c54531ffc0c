import { paneEvents, paneState } from "@glasspane/core";
import * as vscode from "vscode";
import { insertAsCell } from "./notebook_output";
import { PanePanel, type PaneSource } from "./pane_panel";
import { saveFile } from "./save_file";
import type { EditorExplainer, EditorExplanation } from "./site";

/** The pane of this window: one, made when it is first shown. */
export class Pane implements vscode.Disposable {
  private panel: PanePanel | null = null;
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly source: PaneSource;

  constructor(
    private readonly explainer: EditorExplainer,
    private readonly extension: vscode.Uri,
  ) {
    this.source = {
      state: () => paneState(explainer),
      onDidChange: this.changes.event,
      events: paneEvents(explainer, {
        insertOutput: (explanation) =>
          void insertAsCell(explanation).catch((problem) => {
            explainer.workplace.host.unforeseen(problem);
            void vscode.window.showErrorMessage(
              "The call was not inserted, or not run. “Copy as Python” in the pane gives it; the log says more (“Glasspane: Show Log”).",
            );
          }),
        chooseModel: async () => (await vscode.commands.executeCommand("glasspane.chooseModel")) === true,
        save: (file) =>
          void saveFile(file).catch((problem) => {
            explainer.workplace.host.unforeseen(problem);
            void vscode.window.showErrorMessage(
              `${file.name} was not saved. Choose another place; the log says more.`,
            );
          }),
        copy: (text) => void vscode.env.clipboard.writeText(text),
      }),
      saved: () => explainer.current?.saved() ?? null,
    };
    explainer.currentChanged.connect(() => this.changes.fire());
    explainer.stateChanged.connect((_, explanation) => {
      if (explanation === explainer.current) this.changes.fire();
    });
  }

  /** It is in view, and says what there is to say about an explanation. */
  shows(explanation: EditorExplanation): boolean {
    return this.explainer.current === explanation && this.panel?.visible === true;
  }

  show(): void {
    if (this.panel === null) this.adopt(PanePanel.open(this.extension, this.source));
    else if (!this.panel.visible) this.panel.reveal();
  }

  /** Takes up the panel that VS Code kept over a reload of the window. */
  revive(panel: vscode.WebviewPanel): void {
    this.panel?.dispose();
    this.adopt(PanePanel.revive(panel, this.extension, this.source));
  }

  dispose(): void {
    this.panel?.dispose();
    this.changes.dispose();
  }

  private adopt(panel: PanePanel): void {
    this.panel = panel;
    panel.onDidDispose(() => {
      if (this.panel === panel) this.panel = null;
    });
  }
}
