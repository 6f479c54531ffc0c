import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { BARE_PROGRAM, INSTALL_LINE, PLAIN_IN_QUOTES } from "@glasspane/core";
import * as vscode from "vscode";
import { expanded, workingFolder } from "./interpreter";

const BARE = new RegExp(`^${BARE_PROGRAM}$`);
const PLAIN = new RegExp(`^${PLAIN_IN_QUOTES}$`);

/** The arguments with which an interpreter installs Glasspane and what a model needs. */
export function installArguments(): readonly string[] {
  return ["-m", "pip", "install", "--upgrade", installRequirement()];
}

/** The same as a line to read and to copy; what is run is the arguments, without a shell. */
export function installCommand(python: string): string {
  const words = [inShell(python), quoted(installRequirement())];
  return INSTALL_LINE.replace(/%s/g, () => words.shift() ?? "");
}

/** Whether a line installs for an interpreter, whichever Glasspane it names. */
export function installsFor(python: string, command: string): boolean {
  return command.startsWith(`${inShell(python)} -m pip install `);
}

/** What pip is to install: the settings may name a clone or a wheel instead of the published package. */
export function installRequirement(): string {
  const given: unknown = vscode.workspace.getConfiguration("glasspane").get("installRequirement");
  const named = typeof given === "string" ? expanded(given.trim()) : "";
  // The bare name would ask an index, which may know another package by it.
  if (named === "") return `glasspane[kernel]==${version()}`;
  const [, place = named, extras = "[kernel]"] = /^(.*?)(\[[\w\s,-]+\])?$/.exec(named) ?? [];
  if (!/[\\/]|^\.|\.whl$/.test(place)) return named;
  // pip does not start in the window's folder. A place comes without what a model needs: it is asked for.
  const path = resolve(workingFolder(), place);
  return existsSync(path) ? path + extras : named;
}

/** The same to write down: who reads a log need not get in where the package lies. */
export function withoutCredentials(line: string): string {
  return line
    .replace(/:\/\/[^\s/]*@/g, "://…@")
    .replace(/([?&][^\s=&]*(?:token|key|secret|password|signature)[^\s=&]*=)[^\s&#"']*/gi, "$1…");
}

function version(): string {
  return String(vscode.extensions.getExtension("glasspane.glasspane")?.packageJSON.version);
}

function inShell(program: string): string {
  return BARE.test(program) ? program : quoted(program);
}

/** One argument for a shell, which must find nothing in it to run or to replace. */
function quoted(words: string): string {
  if (PLAIN.test(words)) return `"${words}"`;
  return `'${words.replaceAll("'", process.platform === "win32" ? "''" : "'\\''")}'`;
}
