import {
  type AuditedPrompt,
  type Audits,
  type Catalogue,
  errorOf,
  explainOutput,
  isThroughInseq,
  type MethodSpec,
  type SourceSpan,
  type TabName,
  THROUGH_INSEQ,
  textOf,
} from "@glasspane/core";
import * as vscode from "vscode";
import { outputText } from "./cell_output";
import { runDoctor } from "./doctor";
import { offsetAt, sourceOf } from "./document_text";
import { askForKey, type EndpointKeys, forgetKey } from "./endpoint_keys";
import type { CommandName } from "./extension";
import { heatAt } from "./heat_hover";
import type { EditorHeatMemory } from "./heat_marks";
import { installGlasspane } from "./install";
import type { KernelPermission } from "./kernel_permission";
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
  readonly audits: Audits<EditorSite>;
  readonly heat: EditorHeatMemory;
  readonly pane: Pane;
  readonly server: Server;
  readonly keys: EndpointKeys;
  readonly permission: KernelPermission;
  readonly log: vscode.LogOutputChannel;
}

/** Every way in: context menu, palette, keyboard, and the links of hovers and light bulbs. */
export function commandsOf(doors: Doors): Commands {
  const { explainer, pane, server, log } = doors;
  const tell = (failure: unknown) => tellFailure(doors, failure);
  const explainAt = async (place: Place | null, method?: string, tab?: TabName) => {
    if (place === null || !(await trusted())) return;
    // The work starts before the pane is made: the first paint does not wait for it.
    const work = explainer.explainAt(place.site, place.selection, method, tab);
    pane.show();
    await work;
  };
  return {
    explain: (uri, selection) => explainAt(placeGiven(uri, selection) ?? placeAtCursor()),
    explainWith: async () => {
      // The cursor now, not when the method is chosen.
      const place = placeAtCursor();
      if (place === null || !(await trusted())) return;
      const method = await chosenMethod(doors, place.site);
      if (method !== null) await explainAt(place, method);
    },
    audit: (uri, selection) => explainAt(placeGiven(uri, selection) ?? placeAtCursor(), undefined, "audit"),
    openAudit: async (given) => {
      const prompt = auditedAt(doors, given);
      if (prompt === null) return;
      const work = doors.audits.open(prompt.id);
      pane.show();
      await work;
    },
    auditAgain: async (given) => {
      const prompt = auditedAt(doors, given);
      if (prompt === null || !(await trusted())) return;
      const work = doors.audits.runAgain(prompt.id);
      pane.show();
      await work;
    },
    clearFindings: () => doors.audits.clear(null),
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
      const choice = await chooseModel(explainer.workplace, server, doors.permission, site);
      if (choice !== null) explainer.choose(site, choice);
      return choice !== null;
    },
    showPane: (heat) => {
      if (typeof heat === "string") explainer.chosen(heat);
      pane.show();
    },
    doctor: () => runDoctor(server, String(doors.extension.packageJSON.version), log),
    showLog: () => log.show(true),
    install: async () => {
      if (!(await trusted())) return;
      if (await installGlasspane(doors.extension.extensionUri, log)) await server.stop();
    },
    restartServer: async () => {
      if (!(await trusted())) return;
      await server.stop();
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: "Glasspane starts its server" },
        () => server.client.catalogue().then(undefined, tell),
      );
    },
    setServerToken: () => askForToken(doors),
    setEndpointKey: () => askForKey(doors.keys),
    forgetEndpointKey: () => forgetKey(doors.keys),
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

/** The audited prompt of a link or a quick fix, else the one at the cursor or the document's first. */
function auditedAt({ audits, explainer }: Doors, given: unknown): AuditedPrompt | null {
  if (typeof given === "string") return explainer.workplace.audited.audited(given)?.prompt ?? null;
  const editor = vscode.window.activeTextEditor;
  const site = editor === undefined ? siteInFront(explainer) : siteOf(editor.document);
  const at = editor === undefined ? 0 : offsetAt(textOf(site?.source() ?? ""), editor.selection.active);
  const found = site === null ? null : audits.at(site, at);
  if (found === null) {
    void vscode.window.showInformationMessage(
      "No prompt of this text has a finding. “Glasspane: Audit Chain of Thought” audits the one at the cursor.",
    );
  }
  return found;
}

interface MethodItem extends vscode.QuickPickItem {
  /** Null: a line between groups. */
  readonly name: string | null;
}

async function chosenMethod(doors: Doors, site: EditorSite): Promise<string | null> {
  let catalogue: Catalogue;
  try {
    catalogue = await doors.explainer.workplace.catalogueFor(site);
  } catch (failure) {
    tellFailure(doors, failure);
    return null;
  }
  const explained = heatHere(doors)?.state.method;
  const likeliest = explained ?? doors.explainer.workplace.settings.of(site).defaultMethod;
  const remark = explained === undefined ? "default" : "in use";
  const item = ({ label, summary, name }: MethodSpec): MethodItem => ({
    label,
    detail: summary,
    name,
    ...(name === likeliest ? { description: remark } : {}),
  });
  const picker = vscode.window.createQuickPick<MethodItem>();
  picker.title = "Explain this prompt with";
  picker.matchOnDetail = true;
  picker.items = [
    ...catalogue.methods.filter((method) => !isThroughInseq(method)).map(item),
    { label: THROUGH_INSEQ, kind: vscode.QuickPickItemKind.Separator, name: null },
    ...catalogue.methods.filter(isThroughInseq).map(item),
  ];
  picker.activeItems = picker.items.filter(({ name }) => name === likeliest);
  try {
    return await new Promise((resolve) => {
      picker.onDidAccept(() => resolve(picker.selectedItems[0]?.name ?? null));
      picker.onDidHide(() => resolve(null));
      picker.show();
    });
  } finally {
    picker.dispose();
  }
}

/** VS Code tells no extension what is selected in an output. */
const PRINT_THE_PROMPT = "Let the cell print the prompt before the answer, or keep the prompt in a variable.";

async function explainCellOutput(doors: Doors, given: unknown): Promise<void> {
  const { explainer, pane } = doors;
  const cell = cellGiven(given);
  const site = cell === null ? null : siteOf(cell.document);
  if (cell === null || site === null) {
    void vscode.window.showInformationMessage(
      "Glasspane asks about what a cell printed: select a cell of a notebook that has an output.",
    );
    return;
  }
  if (!(await trusted())) return;
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
    tellFailure(doors, failure);
  }
}

function tellFailure({ explainer }: Doors, failure: unknown): void {
  const { host } = explainer.workplace;
  const { message, next_step } = errorOf(failure, (unforeseen) => host.unforeseen(unforeseen));
  void vscode.window.showErrorMessage(`${message} ${next_step}`);
}

/** The cell whose button was pressed, else the one in front. */
function cellGiven(given: unknown): vscode.NotebookCell | null {
  if (typeof given === "object" && given !== null && "notebook" in given && "outputs" in given) {
    return given as vscode.NotebookCell;
  }
  const editor = vscode.window.activeNotebookEditor;
  const at = editor?.selections[0]?.start;
  if (editor === undefined || at === undefined || at >= editor.notebook.cellCount) return null;
  return editor.notebook.cellAt(at);
}

async function askForToken(doors: Doors): Promise<void> {
  const { server } = doors;
  let named: NamedServer | null;
  try {
    named = server.named;
  } catch (failure) {
    return tellFailure(doors, failure);
  }
  if (named === null) {
    void vscode.window.showInformationMessage(
      "Glasspane starts a server of its own, which needs no token. To use another, name it in the setting glasspane.serverUrl first.",
    );
    return;
  }
  if (named.token !== "") {
    void vscode.window.showInformationMessage(
      "The address in the setting glasspane.serverUrl holds a token, which is the one used. Take it out there to set another.",
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
  const heading = content.slice(0, content.indexOf("\n"));
  // One is enough: asked for again, the one that is open comes to the front.
  const open = vscode.workspace.textDocuments.find(
    (each) => each.isUntitled && !each.isClosed && sourceOf(each).startsWith(heading),
  );
  const document = open ?? (await vscode.workspace.openTextDocument({ language: "python", content }));
  // Never over the pane, which may be in front.
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  const lines = sourceOf(document).split("\n");
  const line = lines.findIndex((each) => each.includes("The capital of France"));
  if (line < 0) return;
  const at = new vscode.Position(line, (lines[line] ?? "").indexOf("capital"));
  editor.selection = new vscode.Selection(at, at);
}
