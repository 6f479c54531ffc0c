import type { EditorView } from "@codemirror/view";
import { GlasspaneFailure, type SourceSpan } from "@glasspane/core";
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { type ICommandPalette, Notification } from "@jupyterlab/apputils";
import { Menu } from "@lumino/widgets";
import type { Explainer } from "./explainer";
import { glasspaneIcon } from "./icon";
import type { RightClick } from "./right_click";
import type { Site } from "./site";

export const Commands = {
  explain: "glasspane:explain",
  explainWith: "glasspane:explain-with",
  explainAtCursor: "glasspane:explain-at-cursor",
  explainOutput: "glasspane:explain-output",
  clear: "glasspane:clear-heat",
  clearAll: "glasspane:clear-all-heat",
  chooseModel: "glasspane:choose-model",
  showPane: "glasspane:show-pane",
} as const;

const EDITORS = [".jp-Notebook .jp-CodeCell .jp-InputArea-editor", ".jp-FileEditor"];

export interface Doors {
  readonly app: JupyterFrontEnd;
  readonly explainer: Explainer;
  readonly rightClick: RightClick;
  readonly showPane: () => Promise<void>;
  /** The editor with the cursor, and the document in front. */
  readonly atCursor: () => { readonly view: EditorView; readonly selection: SourceSpan } | null;
  readonly siteInFront: () => Site | null;
}

/** Every way in: context menu, palette, keyboard. */
export function addCommands(doors: Doors, palette: ICommandPalette | null): void {
  const { app, explainer } = doors;
  const { commands } = app;
  const explain = async (at: ReturnType<Doors["atCursor"]>, method?: string) => {
    if (at === null) return;
    // The work starts before the pane is made: the first paint does not wait for it.
    const work = explainer.explainAt(at.view, at.selection, method);
    await Promise.all([work, doors.showPane()]);
  };

  commands.addCommand(Commands.explain, {
    label: "Explain This Prompt",
    icon: glasspaneIcon,
    execute: () => explain(doors.rightClick.take() ?? doors.atCursor()),
  });
  commands.addCommand(Commands.explainAtCursor, {
    label: "Glasspane: Explain the Prompt at the Cursor",
    execute: () => explain(doors.atCursor()),
  });
  commands.addCommand(Commands.explainWith, {
    label: (args) => String(args.label ?? "Explain with Another Method"),
    execute: (args) => explain(doors.rightClick.take() ?? doors.atCursor(), String(args.method)),
  });
  commands.addCommand(Commands.explainOutput, {
    label: "Why Did It Say This?",
    icon: glasspaneIcon,
    execute: () => outputCommand(doors),
  });
  commands.addCommand(Commands.clear, {
    label: "Clear Heat",
    execute: () => {
      const site = siteOf(doors, doors.rightClick.take()) ?? doors.siteInFront();
      if (site !== null) explainer.clearAll(site);
    },
  });
  commands.addCommand(Commands.clearAll, {
    label: "Glasspane: Clear All Heat",
    execute: () => explainer.clearAll(null),
  });
  commands.addCommand(Commands.chooseModel, {
    label: "Choose Model…",
    execute: async () => {
      const site = siteOf(doors, doors.rightClick.take()) ?? doors.siteInFront();
      if (site === null) return;
      const { chooseModel } = await import("./model_picker");
      const choice = await chooseModel(explainer.workplace, app.serviceManager, site);
      if (choice !== null) explainer.choose(site, choice);
    },
  });
  commands.addCommand(Commands.showPane, {
    label: "Glasspane: Show Pane",
    execute: () => doors.showPane(),
  });
  for (const command of [
    Commands.explainAtCursor,
    Commands.clearAll,
    Commands.chooseModel,
    Commands.showPane,
  ]) {
    palette?.addItem({ command, category: "Glasspane" });
  }
}

/** "Glasspane ▸" in the context menu: one entry for every row of the method table. */
export async function addMethodMenu({ app, explainer }: Doors): Promise<void> {
  const catalogue = await explainer.workplace.ready();
  const menu = new Menu({ commands: app.commands });
  menu.id = "glasspane-menu";
  menu.title.label = "Glasspane";
  menu.title.icon = glasspaneIcon;
  for (const { name, label } of catalogue?.methods ?? []) {
    menu.addItem({ command: Commands.explainWith, args: { method: name, label: `Explain with ${label}` } });
  }
  menu.addItem({ type: "separator" });
  menu.addItem({ command: Commands.chooseModel });
  menu.addItem({ command: Commands.clear });
  for (const selector of EDITORS) {
    app.contextMenu.addItem({ type: "submenu", submenu: menu, selector, rank: 0.1 });
  }
}

function siteOf({ explainer }: Doors, at: ReturnType<Doors["atCursor"]>): Site | null {
  const model = at === null ? null : explainer.workplace.heat.modelOf(at.view);
  return model === null ? null : explainer.workplace.sites.find(model);
}

async function outputCommand({ app, explainer, showPane }: Doors): Promise<void> {
  const node = app.contextMenuHitTest((each) => each.classList.contains("jp-OutputArea-output"));
  const site = node === undefined ? null : explainer.workplace.sites.findByNode(node);
  if (node === undefined || site === null) return;
  const { explainOutput, questionAt } = await import("./output_click");
  // Read at once: opening the pane may drop the selection.
  const question = questionAt(node);
  try {
    await Promise.all([explainOutput(explainer, site, question), showPane()]);
  } catch (failure) {
    if (!(failure instanceof GlasspaneFailure)) throw failure;
    Notification.error(`${failure.result.message} ${failure.result.next_step}`, { autoClose: 10_000 });
  }
}
