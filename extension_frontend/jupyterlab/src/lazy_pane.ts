import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import type { Explainer } from "./explainer";
import type { GlasspanePane } from "./pane";

/** The pane, its code loaded when it is first shown. */
export class LazyPane {
  private pane: Promise<GlasspanePane> | null = null;

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly explainer: Explainer,
    private readonly restorer: ILayoutRestorer | null,
  ) {}

  async show(): Promise<void> {
    this.pane ??= this.make();
    const pane = await this.pane;
    this.app.shell.activateById(pane.id);
  }

  private async make(): Promise<GlasspanePane> {
    const { GlasspanePane } = await import("./pane");
    const pane = new GlasspanePane(this.explainer, {
      insertOutput: async (explanation) => {
        const { insertAsCell } = await import("./notebook_output");
        await insertAsCell(explanation);
      },
    });
    this.restorer?.add(pane, pane.id);
    this.app.shell.add(pane, "right", { rank: 400 });
    return pane;
  }
}
