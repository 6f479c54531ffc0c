import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import { Clipboard } from "@jupyterlab/apputils";
import { download } from "./download";
import type { GlasspanePane } from "./pane";
import type { LabExplainer } from "./site";

/** The pane, its code loaded when it is first shown. */
export class LazyPane {
  private pane: Promise<GlasspanePane> | null = null;
  private made: GlasspanePane | null = null;

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly explainer: LabExplainer,
    private readonly restorer: ILayoutRestorer | null,
  ) {}

  /** It stands on the screen, or is about to. */
  get inView(): boolean {
    return this.made === null ? this.pane !== null : this.made.isVisible;
  }

  /** `enter`: the keyboard goes there too. */
  async show(enter = false): Promise<void> {
    this.pane ??= this.make();
    const pane = await this.pane;
    this.app.shell.activateById(pane.id);
    if (enter) pane.enter();
  }

  private async make(): Promise<GlasspanePane> {
    const { GlasspanePane } = await import("./pane");
    const pane = new GlasspanePane(this.explainer, {
      insertOutput: async (explanation) => {
        const { insertAsCell } = await import("./notebook_output");
        await insertAsCell(explanation);
      },
      chooseModel: async () => (await this.app.commands.execute("glasspane:choose-model")) === true,
      copy: (text) => Clipboard.copyToSystem(text),
      save: download,
    });
    this.restorer?.add(pane, pane.id);
    this.app.shell.add(pane, "right", { rank: 400 });
    this.made = pane;
    return pane;
  }
}
