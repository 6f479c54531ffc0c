import type { EditorView } from "@codemirror/view";
import type { AttributionResult, SourceSpan, Target } from "@glasspane/core";
import { type ISignal, Signal } from "@lumino/signaling";
import { sameKey } from "./document_key";
import type { HeatActions } from "./editor_heat";
import { Explanation } from "./explanation";
import type { ReadPrompt } from "./prompt_reading";
import type { Site } from "./site";
import type { SubjectChoice } from "./subject_memory";
import type { Workplace } from "./workplace";

/** Every explanation of this window, and the one the pane shows. */
export class Explainer implements HeatActions {
  private readonly all = new Map<string, Explanation>();
  private shown: Explanation | null = null;
  private readonly currentChanges = new Signal<this, Explanation | null>(this);
  private readonly stateChanges = new Signal<this, Explanation>(this);

  constructor(readonly workplace: Workplace) {}

  get current(): Explanation | null {
    return this.shown;
  }

  get explanations(): Explanation[] {
    return [...this.all.values()];
  }

  /** Another explanation is shown, or none. */
  get currentChanged(): ISignal<this, Explanation | null> {
    return this.currentChanges;
  }

  /** Some explanation's state changed. */
  get stateChanged(): ISignal<this, Explanation> {
    return this.stateChanges;
  }

  /** Explains the prompt at a place in an editor. */
  async explainAt(view: EditorView, selection: SourceSpan, method?: string): Promise<void> {
    const model = this.workplace.heat.modelOf(view);
    const site = model === null ? null : this.workplace.sites.find(model);
    if (site === null) return;
    await this.workplace.ready();
    this.dropOverlapped(site, selection);
    const chosen = method ?? this.workplace.settings.current.defaultMethod;
    await this.add(new Explanation(this.workplace, site, selection, chosen)).start();
  }

  /** Explains a prompt that is not where the person pointed: what a cell printed. */
  async explainGiven(site: Site, read: ReadPrompt, target: Target): Promise<void> {
    await this.workplace.ready();
    const { defaultMethod } = this.workplace.settings.current;
    await this.add(new Explanation(this.workplace, site, read.span, defaultMethod, read, target)).start();
  }

  /** From now on a document's prompts are explained with this model. */
  choose(site: Site, choice: SubjectChoice): void {
    for (const each of this.all.values()) if (each.site.path === site.path) each.forgetSeparateKernel();
    this.workplace.subjects.set(site.path, { choice });
  }

  show(explanation: Explanation): void {
    if (this.shown === explanation) return;
    this.shown?.point(null);
    this.shown = explanation;
    this.currentChanges.emit(explanation);
  }

  /** Clears the heat of one document, or of every document. */
  clearAll(site: Site | null): void {
    for (const explanation of this.all.values()) {
      if (site === null || sameKey(explanation.site.key, site.key)) explanation.clearHeat();
    }
  }

  /** Edits reach heat without passing here; called after them. */
  refresh(): void {
    for (const explanation of this.all.values()) explanation.refresh();
  }

  runAgain(heat: string): void {
    const explanation = this.all.get(heat);
    if (explanation === undefined) return;
    this.show(explanation);
    void explanation.start();
  }

  clear(heat: string): void {
    this.all.get(heat)?.clearHeat();
  }

  pointed(heat: string, token: number | null): void {
    if (this.shown?.id === heat) this.shown.focusToken(token);
  }

  chosen(heat: string): void {
    const explanation = this.all.get(heat);
    if (explanation !== undefined) this.show(explanation);
  }

  resultOf(heat: string): AttributionResult | null {
    return this.all.get(heat)?.state.result ?? null;
  }

  private add(explanation: Explanation): Explanation {
    this.all.set(explanation.id, explanation);
    explanation.changed.connect((sender) => this.stateChanges.emit(sender));
    const { notebook, model } = explanation.site;
    (notebook ?? model.sharedModel).disposed.connect(() => this.sweep());
    this.show(explanation);
    this.sweep();
    return explanation;
  }

  /** Drops what nobody can come back to: explanations without heat that are not shown, and those of closed documents. */
  private sweep(): void {
    for (const each of this.all.values()) {
      const wanted = each === this.shown || each.running || each.hasHeat;
      if (wanted && !each.documentClosed) continue;
      each.dispose();
      this.all.delete(each.id);
      if (each !== this.shown) continue;
      this.shown = null;
      this.currentChanges.emit(null);
    }
  }

  /** A prompt has one explanation: asking again replaces it. */
  private dropOverlapped(site: Site, at: SourceSpan): void {
    for (const heat of this.workplace.heat.heatsOf(site.key)) {
      if (heat.span.from > at.to || at.from > heat.span.to) continue;
      const explanation = this.all.get(heat.id);
      explanation?.dispose();
      this.all.delete(heat.id);
    }
  }
}
