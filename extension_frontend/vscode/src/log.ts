import * as vscode from "vscode";

let channel: vscode.LogOutputChannel | null = null;

/** The output channel "Glasspane": what was done, in words; never a prompt's text, never a token. */
export function log(): vscode.LogOutputChannel {
  channel ??= vscode.window.createOutputChannel("Glasspane", { log: true });
  return channel;
}
