import {
  Audits,
  AuditsOnSave,
  Explainer,
  JobClient,
  JobNotice,
  SubjectMemory,
  Workplace,
} from "@glasspane/core";
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette, IThemeManager, Notification } from "@jupyterlab/apputils";
import { EditorExtensionRegistry, IEditorExtensionRegistry } from "@jupyterlab/codemirror";
import { IEditorTracker } from "@jupyterlab/fileeditor";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { IStatusBar } from "@jupyterlab/statusbar";
import { workspaceStore } from "./choice_store";
import { addCommands, addMethodMenu, type Doors } from "./commands";
import { editorHeat } from "./editor_heat";
import { type FindingActions, FindingMarks } from "./finding_marks";
import { EditorHeatMemory } from "./heat_memory";
import { JobToasts } from "./job_toasts";
import { LazyPane } from "./lazy_pane";
import { showPalette } from "./palette";
import { RightClick } from "./right_click";
import { attendDocuments } from "./saves";
import { fetchFrom } from "./server";
import { SettingsSource } from "./settings";
import { LabHost, SiteFinder } from "./site";
import { checkAfterCells } from "./staleness";
import { StatusItem } from "./status_item";

const PLUGIN = "glasspane:plugin";

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "Explains language models in place: right-click a prompt and its tokens take colour.",
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  optional: [
    INotebookTracker,
    IEditorTracker,
    ISettingRegistry,
    IStateDB,
    ICommandPalette,
    IStatusBar,
    IThemeManager,
    ILabShell,
    ILayoutRestorer,
  ],
  activate: (
    app: JupyterFrontEnd,
    editors: IEditorExtensionRegistry,
    notebooks: INotebookTracker | null,
    files: IEditorTracker | null,
    registry: ISettingRegistry | null,
    state: IStateDB | null,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null,
    themes: IThemeManager | null,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
  ): void => {
    const settings = new SettingsSource();
    const subjects = new SubjectMemory(state === null ? null : workspaceStore(state));
    const heat = new EditorHeatMemory();
    const sites = new SiteFinder(notebooks, files);
    const client = new JobClient(fetchFrom(app.serviceManager.serverSettings));
    const workplace = new Workplace(new LabHost(client, sites), heat, subjects, settings);
    const explainer = new Explainer(workplace);
    const rightClick = new RightClick();
    const pane = new LazyPane(app, explainer, restorer);
    const audits = new Audits(explainer);
    const findings: FindingActions = {
      open: (id) => void Promise.all([audits.open(id), pane.show()]),
      runAgain: (id) => void Promise.all([audits.runAgain(id), pane.show()]),
    };
    const marks = new FindingMarks(workplace.audited, (model) => sites.find(model), findings);

    editors.addExtension({
      name: "glasspane:heat",
      factory: ({ model }) =>
        EditorExtensionRegistry.createImmutableExtension([
          heat.extension(model),
          editorHeat(heat, explainer),
          marks.extension(model),
          rightClick.extension(),
        ]),
    });

    const inFront = () => (labShell === null ? null : labShell.currentWidget);
    const doors: Doors = {
      app,
      explainer,
      heat,
      audits,
      findings,
      sites,
      rightClick,
      showPane: (enter) => pane.show(enter),
      atCursor: () => {
        const editor = sites.current(inFront());
        const view = editor === null ? null : heat.viewOf(editor.model);
        return view === null ? null : { view, selection: view.state.selection.main };
      },
      siteInFront: () => {
        const editor = sites.current(inFront());
        return editor === null ? null : sites.find(editor.model);
      },
    };
    addCommands(doors, palette);
    const toasts = new JobToasts({
      show: (explanation) => {
        explainer.show(explanation);
        void pane.show();
      },
      shows: (explanation) => explainer.current === explanation && pane.inView,
    });
    new JobNotice(explainer, toasts);
    const onSave = new AuditsOnSave(explainer, toasts, (sentence) =>
      Notification.warning(sentence, { autoClose: false }),
    );
    attendDocuments(app.commands, notebooks, files, {
      opened: (model) => {
        const site = sites.find(model);
        if (site !== null) workplace.audited.reopen(site);
      },
      saved: (document) => void onSave.saved(document),
    });
    checkAfterCells(explainer, notebooks);
    if (statusBar !== null) {
      const item = new StatusItem(explainer, () => void app.commands.execute("glasspane:choose-model"));
      const attend = () => {
        const site = doors.siteInFront();
        item.attend(site?.path ?? null, site?.notebook ?? null);
      };
      notebooks?.currentChanged.connect(attend);
      files?.currentChanged.connect(attend);
      labShell?.currentChanged.connect(attend);
      statusBar.registerStatusItem(PLUGIN, { item, align: "right", rank: 90 });
    }

    const colour = () => showPalette(settings.palette, themes);
    settings.changed.connect(colour);
    themes?.themeChanged.connect(colour);
    void subjects.load();
    if (registry !== null) void settings.load(registry, PLUGIN);
    // The method table comes from the server; the menu must not hold up the window's start.
    void app.restored.then(() => addMethodMenu(doors));
  },
};

export default plugin;
