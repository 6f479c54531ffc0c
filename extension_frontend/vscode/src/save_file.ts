import { bytesOf, type MadeFile } from "@glasspane/core";
import * as vscode from "vscode";

const SAID_FOR_MS = 5_000;

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
  const said = `Saved ${place.path.split("/").pop()}.`;
  // A message would cover the pane, where the next chart is to be saved.
  if (file.type !== "text/html") {
    vscode.window.setStatusBarMessage(said, SAID_FOR_MS);
    return;
  }
  const open = "Open";
  if ((await vscode.window.showInformationMessage(said, open)) === open) await vscode.env.openExternal(place);
}
