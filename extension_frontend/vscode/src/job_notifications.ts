import type { ErrorCode, ErrorResult, Notifier, ProgressNotice } from "@glasspane/core";
import * as vscode from "vscode";
import { installsFor } from "./install_line";
import { findInterpreter } from "./interpreter";
import type { EditorExplanation, EditorSite } from "./site";

/** What installing mends. */
const INSTALLED_AWAY: ReadonlySet<ErrorCode> = new Set(["glasspane_missing", "glasspane_too_old"]);

/** Progress and problems as VS Code's notifications. */
export class JobNotifications implements Notifier<EditorSite> {
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly showPane: (explanation: EditorExplanation) => void,
  ) {}

  progress(explanation: EditorExplanation, message: string, fraction: number): ProgressNotice {
    let report: (message: string, fraction: number) => void = () => {};
    let close = () => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    let done = 0;
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, cancellable: true },
      (progress, token) => {
        token.onCancellationRequested(() => void explanation.cancel());
        report = (now, part) => {
          progress.report({ message: now, increment: Math.max(0, 100 * (part - done)) });
          done = Math.max(done, part);
        };
        report(message, fraction);
        return closed;
      },
    );
    return { update: (now, part) => report(now, part), close };
  }

  problem(explanation: EditorExplanation, error: ErrorResult, question: boolean): { close(): void } {
    this.tell(explanation, error, question).catch((problem) => this.log.error(String(problem)));
    // VS Code keeps its own time for messages; they cannot be taken back.
    return { close: () => {} };
  }

  private async tell(explanation: EditorExplanation, error: ErrorResult, question: boolean): Promise<void> {
    const { message, next_step, code, command } = error;
    // Not the detail: it may hold a prompt. The pane shows it on demand.
    if (!question) this.log.error(`${code}: ${message} ${next_step}`);
    const text = `${message} ${next_step}`;
    // Only into the selected interpreter: another line may be meant for another machine.
    const installable =
      command !== null && INSTALLED_AWAY.has(code) && installsFor(await findInterpreter(), command);
    const ways = [
      ...(installable ? ["Install…"] : []),
      ...(command === null ? [] : ["Copy Command"]),
      "Show Pane",
    ];
    const chosen = await (question
      ? vscode.window.showInformationMessage(text, ...ways)
      : vscode.window.showErrorMessage(text, ...ways));
    if (chosen === "Install…") await vscode.commands.executeCommand("glasspane.install");
    if (chosen === "Copy Command" && command !== null) await vscode.env.clipboard.writeText(command);
    if (chosen === "Show Pane") this.showPane(explanation);
  }
}
