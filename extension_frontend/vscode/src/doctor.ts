import { execFile } from "node:child_process";
import { errorOf } from "@glasspane/core";
import * as vscode from "vscode";
import { findInterpreter, pythonEnvironment, workingFolder } from "./interpreter";
import { hasJupyter } from "./jupyter_api";
import { log } from "./log";
import type { Server } from "./server";
import { missing } from "./server_process";

/** Writes what is in place and what is not into the log, each with the way to mend it. */
export async function runDoctor(server: Server, version: string): Promise<void> {
  const channel = log();
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
    channel.info(errorOf(failure).message);
  }
  const python = await findInterpreter();
  channel.info(`Interpreter: ${python}`);
  for (const line of (await reportOf(python)).split(/\r?\n/)) if (line.trim() !== "") channel.info(line);
  const answer = await server.client.catalogue().then(
    ({ glasspane, methods }) => `The server answers: Glasspane ${glasspane}, ${methods.length} methods.`,
    (problem: Error) => `The server does not answer: ${problem.message}`,
  );
  channel.info(answer);
}

function reportOf(python: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: workingFolder(), timeout: 120_000, env: pythonEnvironment({ NO_COLOR: "1" }) };
    execFile(python, ["-m", "glasspane", "doctor"], options, (problem, stdout, stderr) => {
      if (problem === null || stdout.trim() !== "") return resolve(stdout);
      if (problem.code === "ENOENT") {
        return resolve(
          `No Python was found at ${python}. Select one in the Python extension, or name it in glasspane.pythonPath.`,
        );
      }
      const { message, command } = missing(python, "Glasspane is not installed").result;
      resolve(/No module named glasspane/.test(stderr) ? `${message} Run: ${command}` : stderr.trim());
    });
  });
}
