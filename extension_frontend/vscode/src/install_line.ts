import * as vscode from "vscode";

/** The arguments with which an interpreter installs Glasspane and what a model needs. */
export function installArguments(): readonly string[] {
  return ["-m", "pip", "install", "--upgrade", installRequirement()];
}

/** The same as a line to read and to copy; what is run is the arguments, without a shell. */
export function installCommand(python: string): string {
  const program = /^[\w@%+=:,./\\-]+$/.test(python) ? python : `"${python}"`;
  return `${program} -m pip install --upgrade "${installRequirement()}"`;
}

/** What pip is to install: the settings may name a clone or a wheel instead of the published package. */
export function installRequirement(): string {
  const given = vscode.workspace.getConfiguration("glasspane").get("installRequirement", "");
  const named = typeof given === "string" ? given.trim() : "";
  if (named === "") return "glasspane[kernel]";
  // A place instead of a name: what a model needs is asked for with it.
  return /[\\/]|\.whl$/.test(named) && !named.includes("[") ? `${named}[kernel]` : named;
}
