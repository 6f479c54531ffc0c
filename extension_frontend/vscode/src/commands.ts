import {
  type Catalogue,
  errorOf,
  explainOutput,
  isThroughInseq,
  type MethodSpec,
  type SourceSpan,
  THROUGH_INSEQ,
  textOf,
} from "@glasspane/core";
import * as vscode from "vscode";
import { outputText } from "./cell_output";
import { runDoctor } from "./doctor";
import { offsetAt, sourceOf } from "./document_text";
import type { CommandName } from "./extension";
import { heatAt } from "./heat_hover";
import type { EditorHeatMemory } from "./heat_marks";
import { installGlasspane } from "./install";
import { log } from "./log";
import { chooseModel } from "./model_picker";
import type { NamedServer } from "./named_server";
import type { Pane } from "./pane";
import type { Server } from "./server";
import { documentAt, type EditorExplainer, type EditorSite, siteOf } from "./site";
import { trusted } from "./trust";

export type Commands = Readonly<Record<CommandName, (...given: unknown[]) => unknown>>;

export interface Doors {
  readonly extension: vscode.Extension<unknown>;
  readonly explainer: EditorExplainer;
  readonly heat: EditorHeatMemory;
  readonly pane: Pane;
  readonly server: Server;
}

/** Every way in: context menu, palette, keyboard, and the links of hovers and light bulbs. */
export function commandsOf(doors: Doors): Commands {
  const { explainer, pane, server } = doors;
  const explainAt = async (place: Place | null, method?: string) => {
    if (place === null || !(await trusted())) return;
    // The work starts before the pane is made: the first paint does not wait for it.
    const work = explainer.explainAt(place.site, place.selection, method);
    pane.show();
    await work;
  };
  return {
    explain: (uri, selection) => explainAt(placeGiven(uri, selection) ?? placeAtCursor()),
    explainWith: async () => {
      // The cursor now, not when the method is chosen.
      const place = placeAtCursor();
      if (place === null || !(await trusted())) return;
      const method = await chosenMethod(explainer, place.site);
      if (method !== null) await explainAt(place, method);
    },
    explainOutput: (given) => explainCellOutput(doors, given),
    runAgain: (heat) => {
      if (typeof heat === "string") explainer.runAgain(heat);
      else void (heatHere(doors) ?? explainer.current)?.start();
    },
    cancel: () => explainer.current?.cancel(),
    clearHeat: (heat) => {
      if (typeof heat === "string") return explainer.clear(heat);
      const here = heatHere(doors);
      if (here !== null) return here.clearHeat();
      const site = siteInFront(explainer);
      if (site !== null) explainer.clearAll(site);
    },
    clearAllHeat: () => explainer.clearAll(null),
    chooseModel: async () => {
      const site = siteInFront(explainer);
      if (site === null) return void noPlace();
      if (!(await trusted())) return;
      const choice = await chooseModel(explainer.workplace, server, site);
      if (choice !== null) explainer.choose(site, choice);
    },
    showPane: (heat) => {
      if (typeof heat === "string") explainer.chosen(heat);
      pane.show();
    },
    doctor: () => runDoctor(server, String(doors.extension.packageJSON.version)),
    showLog: () => log().show(true),
    install: async () => {
      if (!(await trusted())) return;
      if (await installGlasspane()) await server.stop();
    },
    restartServer: async () => {
      if (!(await trusted())) return;
      await server.stop();
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: "Glasspane starts its server" },
        () => server.client.catalogue().then(undefined, tell),
      );
    },
    setServerToken: () => askForToken(server),
    openExample: () => openExample(doors.extension.extensionUri),
  };
}

interface Place {
  readonly site: EditorSite;
  readonly selection: SourceSpan;
}

function placeAtCursor(): Place | null {
  const editor = vscode.window.activeTextEditor;
  const site = editor === undefined ? null : siteOf(editor.document);
  if (editor === undefined || site === null) {
    noPlace();
    return null;
  }
  const text = textOf(site.source());
  const { start, end } = editor.selection;
  return { site, selection: { from: offsetAt(text, start), to: offsetAt(text, end) } };
}

function placeGiven(uri: unknown, selection: unknown): Place | null {
  if (typeof uri !== "string" || typeof selection !== "object" || selection === null) return null;
  const document = documentAt(uri);
  const site = document === null ? null : siteOf(document);
  const { from, to } = selection as { from?: unknown; to?: unknown };
  return site === null || typeof from !== "number" || typeof to !== "number"
    ? null
    : { site, selection: { from, to } };
}

function noPlace(): void {
  void vscode.window.showInformationMessage(
    "Glasspane explains prompts in text: open a file or a notebook cell and put the cursor into a prompt. (Binary files, and files too large for extensions, cannot be read.)",
  );
}

/** The document in front: a file, or a notebook's cell; while the pane is in front, what it shows. */
function siteInFront({ current }: EditorExplainer): EditorSite | null {
  const editor = vscode.window.activeTextEditor;
  if (editor !== undefined) return siteOf(editor.document);
  const notebook = vscode.window.activeNotebookEditor;
  const at = notebook?.selections[0]?.start ?? 0;
  if (notebook === undefined || at >= notebook.notebook.cellCount) return current?.site ?? null;
  return siteOf(notebook.notebook.cellAt(at).document);
}

function heatHere({ explainer, heat }: Doors) {
  const editor = vscode.window.activeTextEditor;
  const hit = editor === undefined ? null : heatAt(heat, editor.document, editor.selection.active);
  return explainer.explanations.find(({ id }) => id === hit?.heat) ?? null;
}

async function chosenMethod(explainer: EditorExplainer, site: EditorSite): Promise<string | null> {
  let catalogue: Catalogue;
  try {
    catalogue = await explainer.workplace.catalogueFor(site);
  } catch (failure) {
    tell(failure);
    return null;
  }
  const item = ({ label, summary, name }: MethodSpec) => ({ label, detail: summary, name });
  const separator = { label: THROUGH_INSEQ, kind: vscode.QuickPickItemKind.Separator, name: null };
  const items = [
    ...catalogue.methods.filter((method) => !isThroughInseq(method)).map(item),
    separator,
    ...catalogue.methods.filter(isThroughInseq).map(item),
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: "Explain this prompt with",
    matchOnDetail: true,
  });
  return chosen?.name ?? null;
}

/** VS Code tells no extension what is selected in an output. */
const PRINT_THE_PROMPT = "Let the cell print the prompt before the answer, or keep the prompt in a variable.";

async function explainCellOutput({ explainer, pane }: Doors, given: unknown): Promise<void> {
  const cell = cellGiven(given);
  const site = cell === null ? null : siteOf(cell.document);
  if (cell === null || site === null || !(await trusted())) return;
  const work = explainOutput(
    explainer,
    site,
    { output: outputText(cell), selection: null },
    PRINT_THE_PROMPT,
  );
  pane.show();
  try {
    await work;
  } catch (failure) {
    tell(failure);
  }
}

function tell(failure: unknown): void {
  const { message, next_step } = errorOf(failure);
  void vscode.window.showErrorMessage(`${message} ${next_step}`);
}

/** The cell whose button was pressed, else the one in front. */
function cellGiven(given: unknown): vscode.NotebookCell | null {
  if (typeof given === "object" && given !== null && "notebook" in given && "outputs" in given) {
    return given as vscode.NotebookCell;
  }
  const editor = vscode.window.activeNotebookEditor;
  const at = editor?.selections[0]?.start;
  return editor === undefined || at === undefined ? null : editor.notebook.cellAt(at);
}

async function askForToken(server: Server): Promise<void> {
  let named: NamedServer | null;
  try {
    named = server.named;
  } catch (failure) {
    return tell(failure);
  }
  if (named === null) {
    void vscode.window.showInformationMessage(
      "Glasspane starts a server of its own, which needs no token. To use another, name it in the setting glasspane.serverUrl first.",
    );
    return;
  }
  const token = await vscode.window.showInputBox({
    title: `Token of ${named.url}`,
    prompt: "Kept in VS Code's secret store, never in settings.",
    password: true,
    ignoreFocusOut: true,
  });
  if (token !== undefined) await server.setToken(named, token.trim());
}

/** A file of one's own to try things on, with the cursor in its first prompt. */
async function openExample(extension: vscode.Uri): Promise<void> {
  const shipped = await vscode.workspace.openTextDocument(
    vscode.Uri.joinPath(extension, "media", "first_look.py"),
  );
  const content = sourceOf(shipped);
  const document = await vscode.workspace.openTextDocument({ language: "python", content });
  // Never over the pane, which may be in front.
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  const line = content.split("\n").findIndex((each) => each.includes("The capital of France"));
  const at = new vscode.Position(Math.max(0, line), (content.split("\n")[line] ?? "").indexOf("capital"));
  editor.selection = new vscode.Selection(at, at);
}
