import {
  Audits,
  AuditsOnSave,
  Explainer,
  JobNotice,
  modelInUse,
  SubjectMemory,
  settingsFrom,
  Workplace,
} from "@glasspane/core";
import * as vscode from "vscode";
import { workspaceStore } from "./choice_store";
import { type Commands, commandsOf } from "./commands";
import { EditorHeat } from "./editor_heat";
import { EndpointKeys } from "./endpoint_keys";
import { FindingActions } from "./finding_actions";
import { Findings } from "./findings";
import { HeatActions } from "./heat_actions";
import { HeatHover } from "./heat_hover";
import { heatMemory } from "./heat_marks";
import { EditorHost } from "./host";
import { JobNotifications } from "./job_notifications";
import { KernelPermission } from "./kernel_permission";
import { Pane } from "./pane";
import { promptLenses } from "./prompt_lenses";
import { Renames } from "./renames";
import { KeptExplanation } from "./restore";
import { Saves } from "./saves";
import { Server } from "./server";
import { type EditorExplainer, type EditorSite, siteOf } from "./site";
import { Staleness } from "./staleness";

/** Everything that is not needed before the first use. */
export interface Work {
  readonly commands: Commands;
  revivePane(panel: vscode.WebviewPanel, kept: unknown): Promise<void>;
  promptLenses(document: vscode.TextDocument): vscode.CodeLens[];
  stop(): Promise<void>;
}

export async function start(context: vscode.ExtensionContext, status: vscode.StatusBarItem): Promise<Work> {
  // What was done, in words: no token, and of prompts only what a library of a server's kernel may print at level debug.
  const log = vscode.window.createOutputChannel("Glasspane", { log: true });
  const keys = new EndpointKeys(context.secrets, context.globalState);
  const server = new Server(context.secrets, log, keys);
  const permission = new KernelPermission(context.globalState);
  const version = String(context.extension.packageJSON.version);
  const host = new EditorHost(server, permission, log, version);
  const heat = heatMemory();
  const subjects = new SubjectMemory(workspaceStore(context.workspaceState));
  await subjects.load();
  const settings = {
    of({ path }: EditorSite) {
      // A cell has no settings of its own: its notebook's file has.
      const given = vscode.workspace.getConfiguration("glasspane", vscode.Uri.parse(path));
      return settingsFrom({
        defaultSubject: given.get("defaultSubject"),
        fallbackSubject: given.get("fallbackSubject"),
        defaultMethod: given.get("defaultMethod"),
        askBeforeEvaluating: given.get("askBeforeEvaluating"),
        checkWhenQuick: given.get("checkWhenQuick"),
        auditOnSave: given.get("auditOnSave"),
        auditOnSaveCalls: given.get("auditOnSaveCalls"),
      });
    },
  };
  const workplace = new Workplace(host, heat, subjects, settings);
  server.onDidChange(() => workplace.forgetCatalogues());
  const explainer = new Explainer<EditorSite>(workplace);
  const pane = new Pane(explainer, context.extensionUri);
  const keptExplanation = new KeptExplanation(explainer, context.workspaceState, log);
  const audits = new Audits(explainer);
  const notifications = new JobNotifications(log, {
    show: (explanation) => {
      explainer.show(explanation);
      pane.show();
    },
    shows: (explanation) => pane.shows(explanation),
  });
  new JobNotice(explainer, notifications);
  const onSave = new AuditsOnSave(explainer, notifications, (sentence) => {
    void vscode.window
      .showWarningMessage(sentence, "Open Setting")
      .then((chosen) =>
        chosen === undefined
          ? undefined
          : vscode.commands.executeCommand("workbench.action.openSettings", "glasspane.auditOnSave"),
      );
  });
  vscode.workspace.onDidChangeNotebookDocument(
    ({ contentChanges, notebook }) => {
      if (contentChanges.length > 0) explainer.relocate(notebook);
    },
    null,
    context.subscriptions,
  );
  // Everything a person writes; what is no text of theirs has no heat.
  const everywhere: vscode.DocumentSelector = [{ scheme: "*" }];
  context.subscriptions.push(
    log,
    server,
    keys,
    host,
    pane,
    keptExplanation,
    new EditorHeat(heat),
    new Findings(explainer),
    new Saves((document) => {
      if (vscode.workspace.isTrusted) void onSave.saved(document);
    }),
    new Staleness(explainer),
    new Renames(explainer, host),
    vscode.languages.registerHoverProvider(everywhere, new HeatHover(heat, explainer)),
    vscode.languages.registerCodeActionsProvider(everywhere, new HeatActions(heat), {
      providedCodeActionKinds: [HeatActions.kind],
    }),
    vscode.languages.registerCodeActionsProvider(everywhere, new FindingActions(explainer), {
      providedCodeActionKinds: [FindingActions.kind],
    }),
  );
  nameModelIn(status, explainer, context.subscriptions);
  return {
    commands: commandsOf({
      extension: context.extension,
      explainer,
      audits,
      heat,
      pane,
      server,
      keys,
      permission,
      log,
    }),
    revivePane: async (panel, kept) => {
      // The tab may come to light long after the window did, with newer work on show.
      if (explainer.current === null) await keptExplanation.restore(kept);
      pane.revive(panel);
    },
    promptLenses,
    stop: () => server.stop(),
  };
}

/** The status item names the model that explains the document in front. */
function nameModelIn(
  status: vscode.StatusBarItem,
  explainer: EditorExplainer,
  subscriptions: vscode.Disposable[],
): void {
  const update = () => {
    const document = vscode.window.activeTextEditor?.document;
    const site = document === undefined ? null : siteOf(document);
    const name = modelInUse(explainer, site?.path ?? explainer.current?.site.path ?? null);
    const running = explainer.explanations.some((each) => each.running);
    status.text = `${running ? "$(loading~spin) " : ""}Glasspane${name === null ? "" : `: ${name}`}`;
  };
  explainer.stateChanged.connect(update);
  explainer.currentChanged.connect(update);
  explainer.workplace.subjects.changed.connect(update);
  vscode.window.onDidChangeActiveTextEditor(update, null, subscriptions);
  update();
}
