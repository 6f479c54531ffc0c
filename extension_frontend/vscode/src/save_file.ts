import { bytesOf, type MadeFile } from "@glasspane/core";
import * as vscode from "vscode";

/** Asks where to keep a file, beside the open folder's others at first, and writes it there. */
export async function saveFile(file: MadeFile): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const ending = file.name.slice(file.name.lastIndexOf(".") + 1);
  const place = await vscode.window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, file.name) }),
    filters: { [ending.toUpperCase()]: [ending] },
    title: "Save from Glasspane",
  });
  if (place === undefined) return;
  await vscode.workspace.fs.writeFile(place, bytesOf(file));
  const open = "Open";
  const chosen = await vscode.window.showInformationMessage(`Saved ${place.path.split("/").pop()}.`, open);
  if (chosen === open) await vscode.commands.executeCommand("vscode.open", place);
}
