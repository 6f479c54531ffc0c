import * as vscode from "vscode";
import { installArguments, installCommand, withoutCredentials } from "./install_line";
import { findInterpreter } from "./interpreter";

/** Shows the exact line that installs Glasspane; on consent runs it in a terminal for all to see. True: it went well. */
export async function installGlasspane(
  extension: vscode.Uri,
  log: vscode.LogOutputChannel,
): Promise<boolean> {
  const python = await findInterpreter();
  const line = installCommand(python);
  const answer = await vscode.window.showInformationMessage(
    "Install Glasspane in this interpreter?",
    {
      modal: true,
      detail: `${line}\n\nIt runs in a terminal, where you can watch and stop it. pip takes a package from the index it is set up with; to install from a folder or a wheel, name it in the setting glasspane.installRequirement.`,
    },
    "Run",
    "Copy",
  );
  if (answer === "Copy") await vscode.env.clipboard.writeText(line);
  if (answer !== "Run") return false;
  log.info(`Running ${withoutCredentials(line)}`);
  const task = new vscode.Task(
    { type: "glasspane.install" },
    vscode.TaskScope.Workspace,
    "Install Glasspane",
    "Glasspane",
    // Without a shell, so that nothing in a path is read as more than a path; and not in the window's folder, whose
    // files Python could take for modules of pip's.
    new vscode.ProcessExecution(python, [...installArguments()], {
      cwd: extension.fsPath,
      env: { PYTHONSAFEPATH: "1" },
    }),
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
  const status = await exitStatus(task);
  log.info(`It ended with status ${status ?? "unknown"}.`);
  if (status === 0) {
    void vscode.window.showInformationMessage("Glasspane is installed: explain your prompt again.");
    return true;
  }
  void tellFailure();
  return false;
}

/** Not waited for: the message stands until it is answered. */
async function tellFailure(): Promise<void> {
  const setting = "Open Setting";
  const answer = await vscode.window.showErrorMessage(
    "pip did not install Glasspane; the terminal shows why. This version may be on no package index: then name a folder with its source in the setting glasspane.installRequirement, and install again.",
    setting,
  );
  if (answer === setting)
    await vscode.commands.executeCommand("workbench.action.openSettings", "glasspane.installRequirement");
}

/** Of the process, or undefined if none was started. */
async function exitStatus(task: vscode.Task): Promise<number | undefined> {
  const ended: { execution: vscode.TaskExecution; status: number | undefined }[] = [];
  let look = () => {};
  const note = (execution: vscode.TaskExecution, status: number | undefined) => {
    ended.push({ execution, status });
    look();
  };
  const listening = [
    vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => note(execution, exitCode)),
    // A task that started no process ends all the same; its process's end, if any, is told before.
    vscode.tasks.onDidEndTask(({ execution }) => note(execution, undefined)),
  ];
  try {
    const ours = await vscode.tasks.executeTask(task);
    return await new Promise((resolve) => {
      look = () => {
        const found = ended.find(({ execution }) => execution === ours);
        if (found !== undefined) resolve(found.status);
      };
      look();
    });
  } finally {
    for (const each of listening) each.dispose();
  }
}
