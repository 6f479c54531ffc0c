import { errorResult, GlasspaneFailure } from "@glasspane/core";
import * as vscode from "vscode";

const KEY = "kernel access explained";

let asking: Promise<void> | null = null;

/** Says what the Jupyter extension is about to ask, and why; once. Rejects as cancelled if the person says no. */
export function explainKernelAccess(state: vscode.Memento): Promise<void> {
  if (state.get(KEY, false)) return Promise.resolve();
  // Requests that come together are one question.
  asking ??= ask(state).finally(() => {
    asking = null;
  });
  return asking;
}

async function ask(state: vscode.Memento): Promise<void> {
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
    throw new GlasspaneFailure(errorResult("cancelled", "Nothing was run.", "Explain again to go on."));
  }
  await state.update(KEY, true);
}
