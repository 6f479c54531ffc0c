import { EMPTY_PANE, type Mounted, mountPane, type PaneEvents, type PaneState } from "@glasspane/core";
import { Clipboard } from "@jupyterlab/apputils";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { Explainer } from "./explainer";
import type { Explanation } from "./explanation";
import { glasspaneIcon } from "./icon";
import { choiceOf } from "./model_picker";

export interface PaneHost {
  /** Puts the result into the notebook, because the person asked for it. */
  insertOutput(explanation: Explanation): void;
}

/** The pane in the right sidebar: shows the current explanation and acts on it. */
export class GlasspanePane extends Widget {
  private view: Mounted<PaneState> | null = null;
  private frame = 0;

  constructor(
    private readonly explainer: Explainer,
    private readonly host: PaneHost,
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
    this.view ??= mountPane(this.node, this.state(), this.events());
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.later();
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
      this.view?.update(this.state());
    });
  }

  private state(): PaneState {
    return this.explainer.current?.state ?? { ...EMPTY_PANE, catalogue: this.explainer.workplace.catalogue };
  }

  private events(): PaneEvents {
    const act = (action: (current: Explanation) => void) => {
      const { current } = this.explainer;
      if (current !== null) action(current);
    };
    return {
      targetChosen: (target) => act((each) => void each.vary({ target })),
      methodChosen: (method) => act((each) => void each.vary({ method })),
      optionsChanged: (options) => act((each) => void each.vary({ options })),
      runAgain: () => act((each) => void each.start()),
      cancel: () => act((each) => void each.cancel()),
      clearHeat: () => act((each) => each.clearHeat()),
      insertOutput: () => act((each) => this.host.insertOutput(each)),
      copyPython: (code) => Clipboard.copyToSystem(code),
      copyText: (text) => Clipboard.copyToSystem(text),
      subjectChosen: (ref) =>
        act((each) => {
          this.explainer.choose(each.site, choiceOf(ref));
          void each.start();
        }),
      tokenizerChosen: (tokenizer) =>
        act((each) => {
          const { ref, where } = each.choice();
          // Only a model of a kernel has its tokenizer in a variable.
          if (ref.source !== "kernel") return;
          this.explainer.choose(each.site, { ref: { ...ref, tokenizer }, where });
          void each.start();
        }),
      templateChosen: (template) => act((each) => void each.chooseTemplate(template)),
      holesFilled: (values) => act((each) => void each.answerHoles(values)),
      consentGiven: () => act((each) => void each.agreeToEvaluate()),
      questionDismissed: () => act((each) => void each.dismissQuestion()),
      separateKernelChosen: () => act((each) => void each.useSeparateKernel()),
      tokenPointed: (token) => act((each) => each.point(token)),
    };
  }
}
