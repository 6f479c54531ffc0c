import { execFile } from "node:child_process";
import { type ErrorResult, errorOf } from "@glasspane/core";
import * as vscode from "vscode";
import { findInterpreter, pythonEnvironment, workingFolder } from "./interpreter";
import { hasJupyter } from "./jupyter_api";
import type { NamedServer } from "./named_server";
import type { Server } from "./server";
import { missing } from "./server_process";

const PATIENCE_MS = 120_000;

/** What was found, line by line. */
class Findings {
  private wrong = 0;

  constructor(private readonly channel: vscode.LogOutputChannel) {}

  fine(line: string): void {
    this.channel.info(line);
  }

  /** Each with the way to mend it. */
  mend(line: string): void {
    this.wrong += 1;
    this.channel.warn(line);
  }

  verdict(): void {
    if (this.wrong === 0) this.channel.info("All is well: Glasspane can explain prompts here.");
    else
      this.channel.warn(
        `${this.wrong} thing${this.wrong === 1 ? "" : "s"} to mend: the warnings above say how.`,
      );
  }
}

/** Writes what is in place and what is not into the log, each with the way to mend it, and what it comes to. */
export async function runDoctor(
  server: Server,
  version: string,
  channel: vscode.LogOutputChannel,
): Promise<void> {
  const findings = new Findings(channel);
  channel.show(true);
  findings.fine(`Glasspane ${version} in VS Code ${vscode.version}`);
  await examine(server, findings, (failure) =>
    inWords(errorOf(failure, (unforeseen) => channel.error(String(unforeseen)))),
  );
  findings.verdict();
}

async function examine(
  server: Server,
  findings: Findings,
  wrong: (failure: unknown) => string,
): Promise<void> {
  findings.fine(
    hasJupyter()
      ? "The Jupyter extension is there: notebooks are explained in their own kernels."
      : "The Jupyter extension is not installed: notebooks are explained by Glasspane's own kernel.",
  );
  if (!vscode.workspace.isTrusted) {
    findings.mend(
      "This folder is not trusted: nothing is run. Trust it with “Workspaces: Manage Workspace Trust”.",
    );
    return;
  }
  findings.fine("This folder is trusted.");
  let named: NamedServer | null = null;
  try {
    named = server.named;
  } catch (failure) {
    findings.mend(wrong(failure));
    return;
  }
  if (named === null) await examineInterpreter(findings);
  else findings.fine(`Files are explained through the Jupyter server at ${named.url}`);
  await server.client.catalogue().then(
    ({ glasspane, methods }) =>
      findings.fine(`The server answers: Glasspane ${glasspane}, ${methods.length} methods.`),
    (failure) => findings.mend(`The server does not answer: ${wrong(failure)}`),
  );
}

async function examineInterpreter(findings: Findings): Promise<void> {
  const python = await findInterpreter();
  findings.fine(`Interpreter: ${python}`);
  const { lines, looked } = await reportOf(python);
  if (!looked) return findings.mend(lines.join(" "));
  for (const line of lines) {
    if (line.startsWith("MEND")) findings.mend(line);
    else findings.fine(line);
  }
}

/** What is wrong and what to do about it. */
function inWords({ message, next_step, command }: ErrorResult): string {
  return `${message} ${next_step}${command === null ? "" : ` The command: ${command}`}`;
}

/** What Glasspane itself says there; `looked`: it could be asked. */
function reportOf(python: string): Promise<{ readonly lines: readonly string[]; readonly looked: boolean }> {
  return new Promise((resolve) => {
    const options = { cwd: workingFolder(), timeout: PATIENCE_MS, env: pythonEnvironment({ NO_COLOR: "1" }) };
    const say = (text: string, looked: boolean) =>
      resolve({ lines: text.split(/\r?\n/).filter((line) => line.trim() !== ""), looked });
    execFile(python, ["-m", "glasspane", "doctor"], options, (problem, stdout, stderr) => {
      if (problem?.killed) {
        say(
          `${stdout}\nLooking at ${python} took more than two minutes and was stopped. Run \`${python} -m glasspane doctor\` in a terminal to see where it stays.`,
          false,
        );
      } else if (problem === null || stdout.trim() !== "") say(stdout, true);
      else if (problem.code === "ENOENT") {
        say(
          `No Python was found at ${python}. Select one in the Python extension, or name it in glasspane.pythonPath.`,
          false,
        );
      } else {
        const lacking = inWords(missing(python, "Glasspane is not installed").result);
        say(/No module named glasspane/.test(stderr) ? lacking : stderr.trim(), false);
      }
    });
  });
}
