import { GlasspaneFailure } from "@glasspane/core";
import * as vscode from "vscode";

const KEY = "kernel access explained";

/** Says what the Jupyter extension is about to ask, and why; once. */
export class KernelPermission {
  private asking: Promise<void> | null = null;

  constructor(private readonly state: vscode.Memento) {}

  /** Rejects as cancelled if the person says no. */
  explain(): Promise<void> {
    if (this.state.get(KEY, false)) return Promise.resolve();
    // Requests that come together are one question.
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async ask(): Promise<void> {
    const answer = await vscode.window.showInformationMessage(
      "Glasspane works in this notebook's kernel, where your model is.",
      {
        modal: true,
        detail:
          "The Jupyter extension will ask whether Glasspane may use your kernels. Glasspane runs its own computation there and reads the variables of prompts you explain; it changes neither your model nor your variables.",
      },
      "Continue",
    );
    if (answer !== "Continue") {
      throw GlasspaneFailure.of("cancelled", "Nothing was run.", "Explain again to go on.");
    }
    await this.state.update(KEY, true);
  }
}
