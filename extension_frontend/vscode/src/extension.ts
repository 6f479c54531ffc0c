import type { EditorCommand } from "@glasspane/core";
import * as vscode from "vscode";
import type { Work } from "./work";

/** Every command of the manifest; what each does stands in commands.ts. */
export const COMMANDS = [
  "explain",
  "explainWith",
  "audit",
  "openAudit",
  "auditAgain",
  "clearFindings",
  "explainOutput",
  "runAgain",
  "cancel",
  "clearHeat",
  "clearAllHeat",
  "chooseModel",
  "showPane",
  "doctor",
  "showLog",
  "install",
  "restartServer",
  "setServerToken",
  "setEndpointKey",
  "forgetEndpointKey",
  "openExample",
] as const satisfies readonly EditorCommand[];

export type CommandName = (typeof COMMANDS)[number];

let work: Promise<Work> | null = null;

/** Only registers; everything else is loaded when it is first asked for. */
export function activate(context: vscode.ExtensionContext): void {
  const status = vscode.window.createStatusBarItem("glasspane.model", vscode.StatusBarAlignment.Right, 90);
  status.name = "Glasspane";
  status.text = "Glasspane";
  status.tooltip = "Choose the model that Glasspane explains";
  status.command = "glasspane.chooseModel";
  status.show();

  const load = () => {
    work ??= import("./work").then(({ start }) => start(context, status));
    // One that failed is tried again with the next command.
    work.catch(() => {
      work = null;
    });
    return work;
  };
  const lensesChanged = new vscode.EventEmitter<void>();
  context.subscriptions.push(
    status,
    ...COMMANDS.map((name) =>
      vscode.commands.registerCommand(`glasspane.${name}`, async (...given: unknown[]) =>
        (await load()).commands[name](...given),
      ),
    ),
    vscode.window.registerWebviewPanelSerializer("glasspane.pane", {
      deserializeWebviewPanel: async (panel, kept: unknown) => (await load()).revivePane(panel, kept),
    }),
    lensesChanged,
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("glasspane.codeLens")) lensesChanged.fire();
    }),
    vscode.languages.registerCodeLensProvider(
      { language: "python" },
      {
        onDidChangeCodeLenses: lensesChanged.event,
        provideCodeLenses: async (document) =>
          vscode.workspace.getConfiguration("glasspane", document).get("codeLens", false)
            ? (await load()).promptLenses(document)
            : [],
      },
    ),
  );
}

/** The window closes: what was started goes with it. */
export async function deactivate(): Promise<void> {
  await (await work?.catch(() => null))?.stop();
}
