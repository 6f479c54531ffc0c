import { execFile } from "node:child_process";
import { type ErrorResult, errorOf } from "@glasspane/core";
import * as vscode from "vscode";
import { findInterpreter, pythonEnvironment, workingFolder } from "./interpreter";
import { hasJupyter } from "./jupyter_api";
import type { Server } from "./server";
import { missing } from "./server_process";

const PATIENCE_MS = 120_000;

/** Writes what is in place and what is not into the log, each with the way to mend it. */
export async function runDoctor(
  server: Server,
  version: string,
  channel: vscode.LogOutputChannel,
): Promise<void> {
  const wrong = (failure: unknown) =>
    inWords(errorOf(failure, (unforeseen) => channel.error(String(unforeseen))));
  channel.show(true);
  channel.info(`Glasspane ${version} in VS Code ${vscode.version}`);
  channel.info(
    vscode.workspace.isTrusted
      ? "This folder is trusted."
      : "This folder is not trusted: nothing is run. Trust it with “Workspaces: Manage Workspace Trust”.",
  );
  channel.info(
    hasJupyter()
      ? "The Jupyter extension is there: notebooks are explained in their own kernels."
      : "The Jupyter extension is not installed: notebooks are explained by Glasspane's own kernel.",
  );
  if (!vscode.workspace.isTrusted) return;
  try {
    const { named } = server;
    if (named !== null) channel.info(`Files are explained through the Jupyter server at ${named.url}`);
  } catch (failure) {
    channel.info(wrong(failure));
  }
  const python = await findInterpreter();
  channel.info(`Interpreter: ${python}`);
  for (const line of (await reportOf(python)).split(/\r?\n/)) if (line.trim() !== "") channel.info(line);
  const answer = await server.client.catalogue().then(
    ({ glasspane, methods }) => `The server answers: Glasspane ${glasspane}, ${methods.length} methods.`,
    (failure) => `The server does not answer: ${wrong(failure)}`,
  );
  channel.info(answer);
}

/** What is wrong and what to do about it. */
function inWords({ message, next_step, command }: ErrorResult): string {
  return `${message} ${next_step}${command === null ? "" : ` The command: ${command}`}`;
}

function reportOf(python: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: workingFolder(), timeout: PATIENCE_MS, env: pythonEnvironment({ NO_COLOR: "1" }) };
    execFile(python, ["-m", "glasspane", "doctor"], options, (problem, stdout, stderr) => {
      if (problem === null) return resolve(stdout);
      if (problem.killed) {
        return resolve(
          `${stdout}\nLooking at ${python} took more than two minutes and was stopped. Run \`${python} -m glasspane doctor\` in a terminal to see where it stays.`,
        );
      }
      if (stdout.trim() !== "") return resolve(stdout);
      if (problem.code === "ENOENT") {
        return resolve(
          `No Python was found at ${python}. Select one in the Python extension, or name it in glasspane.pythonPath.`,
        );
      }
      const lacking = inWords(missing(python, "Glasspane is not installed").result);
      resolve(/No module named glasspane/.test(stderr) ? lacking : stderr.trim());
    });
  });
}
