/** How what stands in the form becomes a question. Pairs need a template first, which may be there or has to be asked for. */
import type { AttributionResult, PairTemplateResult } from "../../protocol.js";
import type { PaneEvents, PaneState } from "../pane_state.js";
import type { ComparedPrompt, ProbeQuestion } from "../side_state.js";
import { draftedOther, type OtherDraft, templateQuestion } from "./patch_draft.js";
import { fittingTemplate, labelledQuestion, type ProbeDraft, pairsQuestion } from "./probe_draft.js";

interface AskedTemplate {
  readonly other: ComparedPrompt;
  /** What stood there then, which is no answer to it. */
  readonly before: PaneState["template"];
  /** A probe waits for it. */
  waiting: boolean;
}

export class ProbeAsking {
  /** What was asked last; null: it is not known (any more). */
  question: ProbeQuestion | null = null;
  private template: AskedTemplate | null = null;

  constructor(
    private readonly draft: ProbeDraft,
    private readonly pair: OtherDraft,
    private readonly pane: PaneEvents,
    private readonly began: () => void,
  ) {}

  begin(): void {
    this.question = null;
    this.template = null;
  }

  ask(question: ProbeQuestion): void {
    this.question = question;
    this.began();
    this.pane.sideAsked({ side: "probe", ask: "probe", ...question });
  }

  /** As the form stands. */
  askDrafted(state: PaneState): void {
    const { result, catalogue } = state;
    if (result === null) return;
    if (this.draft.of !== "pairs") {
      const question = labelledQuestion(this.draft, catalogue);
      if (question !== null) this.ask(question);
      return;
    }
    const other = draftedOther(this.pair, result);
    if (other === null) return;
    const there = this.pairsAlike(state, result);
    if (there !== null) {
      this.ask(pairsQuestion(this.draft, there.template, result));
      return;
    }
    this.template = { other, waiting: true, before: state.template };
    this.pane.sideAsked(templateQuestion(this.pair, other));
  }

  /** The other prompt whose template was asked for. */
  get other(): ComparedPrompt | null {
    return this.template?.other ?? null;
  }

  /** Pairs like the two that stand in the form, where they are made already. */
  pairsAlike({ template }: PaneState, result: AttributionResult): PairTemplateResult | null {
    const other = draftedOther(this.pair, result);
    return other === null ? null : fittingTemplate(template, other, this.other);
  }

  /** Whether what stands in the template's place is about a probe that waits for it. */
  waitsFor({ template }: PaneState): boolean {
    return this.template?.waiting === true && template !== this.template.before;
  }

  /** Asks what waits for a template, once that is there or will not come. */
  goOn(state: PaneState): void {
    const { template, result } = state;
    if (this.template === null || !this.waitsFor(state)) return;
    if (template.at === "running" || result === null) return;
    // What went wrong is shown until something else is asked.
    this.template.waiting = template.at === "failed";
    const there = fittingTemplate(template, this.template.other, this.template.other);
    if (there !== null) this.ask(pairsQuestion(this.draft, there.template, result));
  }
}
