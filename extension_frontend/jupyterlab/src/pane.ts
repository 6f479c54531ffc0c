import {
  type Mounted,
  mountPane,
  type PaneHost,
  type PaneState,
  paneEvents,
  paneState,
} from "@glasspane/core";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { glasspaneIcon } from "./icon";
import type { LabExplainer, LabSite } from "./site";

/** The pane in the right sidebar: shows the current explanation and acts on it. */
export class GlasspanePane extends Widget {
  private view: Mounted<PaneState> | null = null;
  private frame = 0;

  constructor(
    private readonly explainer: LabExplainer,
    private readonly host: PaneHost<LabSite>,
  ) {
    super();
    this.id = "glasspane-pane";
    this.addClass("gp-host");
    this.title.icon = glasspaneIcon;
    this.title.caption = "Glasspane: why the model says what it says";
    explainer.currentChanged.connect(() => this.later());
    explainer.stateChanged.connect((_, explanation) => {
      if (explanation === explainer.current) this.later();
    });
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.view ??= mountPane(this.node, paneState(this.explainer), paneEvents(this.explainer, this.host));
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.later();
  }

  /** Puts the keyboard into the pane: on the open tab, or on what comes first. */
  enter(): void {
    const open = this.node.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]');
    (open ?? this.node.querySelector<HTMLElement>("button, select, summary"))?.focus();
  }

  override dispose(): void {
    this.view?.dispose();
    super.dispose();
  }

  /** Several changes in one frame draw once. */
  private later(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.view?.update(paneState(this.explainer));
    });
  }
}
