import { GlasspaneFailure } from "@glasspane/core";
import * as vscode from "vscode";

const WHY = "Explaining a prompt runs Python, so Glasspane does it only in folders that you trust.";

/** For every way to Python. Raises `not_allowed` in a folder that is not trusted. */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw GlasspaneFailure.of(
    "not_allowed",
    WHY,
    "Trust it with “Workspaces: Manage Workspace Trust”, then explain again.",
  );
}

/** Before a command starts: whether it may; if not, it says so and how to change that. */
export async function trusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const answer = await vscode.window.showWarningMessage(WHY, "Manage Trust");
  if (answer === "Manage Trust") await vscode.commands.executeCommand("workbench.trust.manage");
  return false;
}
