import { type AttributionResult, MIME_TYPE, type Mounted, mountOutput } from "@glasspane/core";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";

/** A stored explanation as a notebook output. */
class GlasspaneOutput extends Widget implements IRenderMime.IRenderer {
  private view: Mounted<AttributionResult> | null = null;

  constructor() {
    super();
    this.addClass("gp-host");
    this.addClass("gp-output-host");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    // The kernel's own bundle; anything else under this type would be refused by the views.
    const result = model.data[MIME_TYPE] as unknown as AttributionResult;
    if (this.view === null) this.view = mountOutput(this.node, result);
    else this.view.update(result);
  }

  override dispose(): void {
    this.view?.dispose();
    super.dispose();
  }
}

const extension: IRenderMime.IExtension = {
  id: "glasspane:mime",
  description: "Shows stored explanations in notebook outputs.",
  // Before text/html (50): the static table is for viewers without this extension.
  rendererFactory: {
    safe: true,
    mimeTypes: [MIME_TYPE],
    defaultRank: 40,
    createRenderer: () => new GlasspaneOutput(),
  },
  dataType: "json",
};

export default extension;
