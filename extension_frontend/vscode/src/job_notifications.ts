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
    private readonly pane: {
      show(explanation: EditorExplanation): void;
      /** The pane is in view and shows it. */
      shows(explanation: EditorExplanation): boolean;
    },
  ) {}

  inView(explanation: EditorExplanation): boolean {
    return this.pane.shows(explanation);
  }

  progress(
    _explanation: EditorExplanation,
    message: string,
    fraction: number,
    cancel: () => void,
  ): ProgressNotice {
    let report: (message: string, fraction: number) => void = () => {};
    let close = () => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    let done = 0;
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, cancellable: true },
      (progress, token) => {
        token.onCancellationRequested(cancel);
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

  problem(explanation: EditorExplanation, error: ErrorResult, failed: boolean): { close(): void } {
    // Not the detail: it may hold a prompt. The pane shows it on demand.
    if (failed) this.log.error(`${error.code}: ${error.message} ${error.next_step}`);
    const told = { over: false };
    this.tell(explanation, error, failed, told).catch((problem) => this.log.error(String(problem)));
    // VS Code keeps its own time for messages: one that is on the screen cannot be taken back.
    return {
      close: () => {
        told.over = true;
      },
    };
  }

  private async tell(
    explanation: EditorExplanation,
    error: ErrorResult,
    failed: boolean,
    told: { readonly over: boolean },
  ): Promise<void> {
    const { message, next_step, code, command } = error;
    // Only into the selected interpreter: another line may be meant for another machine.
    const installable =
      command !== null && INSTALLED_AWAY.has(code) && installsFor(await findInterpreter(), command);
    const setting = /\bglasspane\.\w+/.exec(next_step)?.[0];
    // What the pane says and offers is not said twice over it, where it would stay after the error has gone.
    const inView = this.pane.shows(explanation);
    if (told.over || (inView && !installable && setting === undefined)) return;
    const ways = [
      ...(installable ? ["Install…"] : []),
      ...(setting === undefined ? [] : ["Open Setting"]),
      ...(command === null || inView ? [] : ["Copy Command"]),
      ...(inView ? [] : ["Show Pane"]),
    ];
    const text = `${message} ${next_step}`;
    const chosen = await (failed
      ? vscode.window.showErrorMessage(text, ...ways)
      : vscode.window.showInformationMessage(text, ...ways));
    if (chosen === "Install…") await vscode.commands.executeCommand("glasspane.install");
    if (chosen === "Open Setting")
      await vscode.commands.executeCommand("workbench.action.openSettings", setting);
    if (chosen === "Copy Command" && command !== null) await vscode.env.clipboard.writeText(command);
    if (chosen === "Show Pane") this.pane.show(explanation);
  }
}
