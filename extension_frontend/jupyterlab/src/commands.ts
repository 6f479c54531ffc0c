import type { EditorView } from "@codemirror/view";
import {
  type Audits,
  explainOutput,
  GlasspaneFailure,
  isThroughInseq,
  type LabCommand,
  type SourceSpan,
  type TabName,
  THROUGH_INSEQ,
  TITLES,
} from "@glasspane/core";
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { type ICommandPalette, Notification } from "@jupyterlab/apputils";
import { Menu } from "@lumino/widgets";
import type { FindingActions } from "./finding_marks";
import type { EditorHeatMemory } from "./heat_memory";
import { glasspaneIcon } from "./icon";
import type { RightClick } from "./right_click";
import type { LabExplainer, LabSite, SiteFinder } from "./site";

export const Commands = {
  explain: "glasspane:explain",
  explainWith: "glasspane:explain-with",
  audit: "glasspane:audit",
  openAudit: "glasspane:open-audit",
  auditAgain: "glasspane:audit-again",
  listFindings: "glasspane:list-findings",
  clearFindings: "glasspane:clear-findings",
  explainAtCursor: "glasspane:explain-at-cursor",
  explainOutput: "glasspane:explain-output",
  clear: "glasspane:clear-heat",
  clearAll: "glasspane:clear-all-heat",
  chooseModel: "glasspane:choose-model",
  showPane: "glasspane:show-pane",
} as const satisfies Readonly<Record<string, LabCommand>>;

const NOTHING_AUDITED =
  "No prompt of this text has a finding. “Audit Chain of Thought” in the context menu audits one.";

const EDITORS = [".jp-Notebook .jp-Cell .jp-InputArea-editor", ".jp-FileEditor"];

export interface Doors {
  readonly app: JupyterFrontEnd;
  readonly explainer: LabExplainer;
  readonly heat: EditorHeatMemory;
  readonly audits: Audits<LabSite>;
  readonly findings: FindingActions;
  readonly sites: SiteFinder;
  readonly rightClick: RightClick;
  /** `enter`: the keyboard goes there too. */
  readonly showPane: (enter?: boolean) => Promise<void>;
  /** The editor with the cursor, and the document in front. */
  readonly atCursor: () => { readonly view: EditorView; readonly selection: SourceSpan } | null;
  readonly siteInFront: () => LabSite | null;
}

/** Every way in: context menu, palette, keyboard. */
export function addCommands(doors: Doors, palette: ICommandPalette | null): void {
  const { app, explainer } = doors;
  const { commands } = app;
  const explain = async (at: ReturnType<Doors["atCursor"]>, method?: string, tab?: TabName) => {
    if (at === null) return;
    // The work starts before the pane is made: the first paint does not wait for it.
    const site = siteOf(doors, at);
    const work = site === null ? null : explainer.explainAt(site, at.selection, method, tab);
    await Promise.all([work, doors.showPane()]);
  };

  commands.addCommand(Commands.explain, {
    label: TITLES.explain,
    icon: glasspaneIcon,
    execute: () => explain(doors.rightClick.take() ?? doors.atCursor()),
  });
  commands.addCommand(Commands.explainAtCursor, {
    label: TITLES.explain,
    execute: () => explain(doors.atCursor()),
  });
  commands.addCommand(Commands.explainWith, {
    label: (args) => String(args.label ?? TITLES.explainWith),
    execute: (args) =>
      explain(
        doors.rightClick.take() ?? doors.atCursor(),
        typeof args.method === "string" ? args.method : undefined,
      ),
  });
  commands.addCommand(Commands.audit, {
    label: TITLES.auditChain,
    // Nothing is asked of the model's reasoning before the pane was looked at: an audit costs many replies.
    execute: () => explain(doors.rightClick.take() ?? doors.atCursor(), undefined, "audit"),
  });
  const auditedHere = () => {
    const at = doors.atCursor();
    const site = siteOf(doors, at) ?? doors.siteInFront();
    const prompt = site === null ? null : doors.audits.at(site, at?.selection.from ?? 0);
    if (prompt === null) Notification.info(NOTHING_AUDITED, { autoClose: 5_000 });
    return prompt;
  };
  commands.addCommand(Commands.openAudit, {
    label: TITLES.openAudit,
    execute: async () => {
      const prompt = auditedHere();
      if (prompt !== null) await Promise.all([doors.audits.open(prompt.id), doors.showPane(true)]);
    },
  });
  commands.addCommand(Commands.auditAgain, {
    label: TITLES.auditAgain,
    execute: async () => {
      const prompt = auditedHere();
      if (prompt !== null) await Promise.all([doors.audits.runAgain(prompt.id), doors.showPane()]);
    },
  });
  commands.addCommand(Commands.listFindings, {
    label: TITLES.listFindings,
    execute: async () => {
      const prompt = auditedHere();
      if (prompt === null) return;
      const { listFindings } = await import("./finding_list");
      await listFindings(prompt, doors.findings);
    },
  });
  commands.addCommand(Commands.clearFindings, {
    label: TITLES.clearFindings,
    execute: () => doors.audits.clear(null),
  });
  commands.addCommand(Commands.explainOutput, {
    label: TITLES.explainOutput,
    icon: glasspaneIcon,
    execute: () => outputCommand(doors),
  });
  commands.addCommand(Commands.clear, {
    label: TITLES.clearHeat,
    execute: () => {
      const site = siteOf(doors, doors.rightClick.take()) ?? doors.siteInFront();
      if (site !== null) explainer.clearAll(site);
    },
  });
  commands.addCommand(Commands.clearAll, {
    label: TITLES.clearAllHeat,
    execute: () => explainer.clearAll(null),
  });
  commands.addCommand(Commands.chooseModel, {
    label: TITLES.chooseModel,
    execute: async () => {
      const site = siteOf(doors, doors.rightClick.take()) ?? doors.siteInFront();
      if (site === null) return;
      const { chooseModel } = await import("./model_picker");
      const choice = await chooseModel(explainer.workplace, app.serviceManager, site);
      if (choice !== null) explainer.choose(site, choice);
      return choice !== null;
    },
  });
  commands.addCommand(Commands.showPane, {
    label: TITLES.showPane,
    // Whoever asks for the pane by name means to go there.
    execute: () => doors.showPane(true),
  });
  for (const command of [
    Commands.explainAtCursor,
    Commands.openAudit,
    Commands.auditAgain,
    Commands.listFindings,
    Commands.clearFindings,
    Commands.clearAll,
    Commands.chooseModel,
    Commands.showPane,
  ]) {
    palette?.addItem({ command, category: "Glasspane" });
  }
}

/** "Glasspane ▸" in the context menu: one entry for every row of the method table, inseq's in a menu of their own. */
export async function addMethodMenu({ app, explainer }: Doors): Promise<void> {
  const catalogue = await explainer.workplace.ready();
  const menu = new Menu({ commands: app.commands });
  menu.id = "glasspane-menu";
  menu.title.label = "Glasspane";
  menu.title.icon = glasspaneIcon;
  const throughInseq = new Menu({ commands: app.commands });
  throughInseq.id = "glasspane-inseq-menu";
  throughInseq.title.label = THROUGH_INSEQ;
  for (const method of catalogue?.methods ?? []) {
    const { name, label } = method;
    const args = { method: name, label: `Explain with ${label}` };
    (isThroughInseq(method) ? throughInseq : menu).addItem({ command: Commands.explainWith, args });
  }
  if (throughInseq.items.length > 0) menu.addItem({ type: "submenu", submenu: throughInseq });
  menu.addItem({ type: "separator" });
  menu.addItem({ command: Commands.audit });
  menu.addItem({ type: "separator" });
  menu.addItem({ command: Commands.chooseModel });
  menu.addItem({ command: Commands.clear });
  for (const selector of EDITORS) {
    app.contextMenu.addItem({ type: "submenu", submenu: menu, selector, rank: 0.1 });
  }
}

function siteOf({ heat, sites }: Doors, at: ReturnType<Doors["atCursor"]>): LabSite | null {
  const model = at === null ? null : heat.modelOf(at.view);
  return model === null ? null : sites.find(model);
}

async function outputCommand({ app, explainer, sites, showPane }: Doors): Promise<void> {
  const node = app.contextMenuHitTest((each) => each.classList.contains("jp-OutputArea-output"));
  const site = node === undefined ? null : sites.findByNode(node);
  if (node === undefined || site === null) return;
  const { questionAt } = await import("./output_click");
  // Read at once: opening the pane may drop the selection.
  const question = questionAt(node);
  try {
    await Promise.all([explainOutput(explainer, site, question), showPane()]);
  } catch (failure) {
    if (!(failure instanceof GlasspaneFailure)) throw failure;
    Notification.error(`${failure.result.message} ${failure.result.next_step}`, { autoClose: 10_000 });
  }
}
