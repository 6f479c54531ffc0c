import { type ISignal, Signal } from "@lumino/signaling";
import type { SourceSpan } from "../prompt_source.js";
import type { AttributionResult, Catalogue, Target } from "../protocol.js";
import type { OtherExplanation, TabName } from "../views/pane_state.js";
import { Explanation } from "./explanation.js";
import type { ReadPrompt } from "./prompt_reading.js";
import type { SavedExplanation } from "./saved_explanation.js";
import { type DocumentKey, type Site, sameKey } from "./site.js";
import type { SubjectChoice } from "./subject_memory.js";
import type { Workplace } from "./workplace.js";

/** Characters of another prompt that a menu shows. */
const SHOWN_OF_OTHERS = 80;

/** Every explanation of this window, and the one the pane shows. */
export class Explainer<OfHost extends Site = Site> {
  private readonly all = new Map<string, Explanation<OfHost>>();
  private shown: Explanation<OfHost> | null = null;
  private previous: Explanation<OfHost> | null = null;
  private listed: readonly OtherExplanation[] = [];
  private readonly currentChanges = new Signal<this, Explanation<OfHost> | null>(this);
  private readonly stateChanges = new Signal<this, Explanation<OfHost>>(this);

  constructor(readonly workplace: Workplace<OfHost>) {
    // Edits reach heat without passing here.
    workplace.heat.changed.connect((_, key) => this.refresh(key));
  }

  get current(): Explanation<OfHost> | null {
    return this.shown;
  }

  get explanations(): Explanation<OfHost>[] {
    return [...this.all.values()];
  }

  /** Another explanation is shown, or none. */
  get currentChanged(): ISignal<this, Explanation<OfHost> | null> {
    return this.currentChanges;
  }

  /** Some explanation's state changed. */
  get stateChanged(): ISignal<this, Explanation<OfHost>> {
    return this.stateChanges;
  }

  /** Explains the prompt at a place in a document; `tab`: the leaf that is open then. */
  async explainAt(site: OfHost, selection: SourceSpan, method?: string, tab?: TabName): Promise<void> {
    this.dropOverlapped(site, selection);
    const chosen = method ?? this.workplace.settings.of(site).defaultMethod;
    const explanation = this.add(new Explanation(this.workplace, site, selection, chosen));
    if (tab !== undefined) explanation.openTab(tab);
    await explanation.start();
  }

  /** Explains a prompt that is not where the person pointed: what a cell printed. */
  async explainGiven(site: OfHost, read: ReadPrompt, target: Target): Promise<void> {
    const { defaultMethod } = this.workplace.settings.of(site);
    await this.add(new Explanation(this.workplace, site, read.span, defaultMethod, read, target)).start();
  }

  /** Shows again what was explained before the window was loaded anew. */
  restore(
    site: OfHost,
    saved: SavedExplanation,
    result: AttributionResult,
    catalogue: Catalogue | null,
  ): void {
    const { at, method, target } = saved;
    const explanation = this.add(new Explanation(this.workplace, site, at, method, null, target));
    explanation.offer(catalogue);
    explanation.restore(saved, result);
  }

  /** From now on a document's prompts are explained with this model. */
  choose(site: OfHost, choice: SubjectChoice): void {
    this.workplace.subjects.set(site.path, { choice });
    for (const each of this.all.values()) if (each.site.path === site.path) each.modelChosen();
  }

  /** What was dropped before it had anything to show makes room for what was shown before it. */
  showPreviousOf(explanation: Explanation<OfHost>): void {
    const { previous } = this;
    const { phase, result } = explanation.state;
    if (explanation !== this.shown || phase.at !== "empty" || result !== null) return;
    if (previous !== null && this.all.get(previous.id) === previous) this.show(previous);
  }

  show(explanation: Explanation<OfHost>): void {
    if (this.shown === explanation) return;
    this.previous = this.shown;
    this.shown?.point(null);
    this.shown?.focusToken(null);
    this.shown = explanation;
    this.currentChanges.emit(explanation);
  }

  /** Clears the heat of one document, or of every document. */
  clearAll(site: OfHost | null): void {
    for (const explanation of this.all.values()) {
      if (site === null || sameKey(explanation.site.key, site.key)) explanation.clearHeat();
    }
  }

  private refresh(key: DocumentKey): void {
    for (const explanation of this.all.values()) {
      if (sameKey(explanation.site.key, key)) explanation.refresh();
    }
  }

  /** Cells of a notebook came, went or moved; `document` as in {@link DocumentKey}. */
  relocate(document: object): void {
    for (const each of this.all.values()) if (each.site.key.document === document) each.relocate();
  }

  /** A file was renamed: what was explained in a text of it goes on in that text's new document. */
  moveTo(from: OfHost, to: OfHost): void {
    this.workplace.heat.move(from.key, to.key);
    this.workplace.audited.move(from.key, to);
    for (const each of this.all.values()) if (sameKey(each.site.key, from.key)) each.relocate(to);
    this.workplace.host.whenClosed(to, () => this.sweep());
  }

  find(id: string): Explanation<OfHost> | null {
    return this.all.get(id) ?? null;
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

  /** The pointer is on no token of any document. */
  pointedNowhere(): void {
    this.shown?.focusToken(null);
  }

  chosen(heat: string): void {
    const explanation = this.all.get(heat);
    if (explanation !== undefined) this.show(explanation);
  }

  resultOf(heat: string): AttributionResult | null {
    return this.all.get(heat)?.state.result ?? null;
  }

  /** What the prompt shown can be compared with; the same object while it is the same. */
  get others(): readonly OtherExplanation[] {
    const found = [...this.all.values()].flatMap((each) => {
      const { prompt, result } = each.state;
      if (each === this.shown || prompt === null || result === null) return [];
      return [{ id: each.id, phrase: prompt.origin, text: prompt.text.slice(0, SHOWN_OF_OTHERS) }];
    });
    if (JSON.stringify(found) !== JSON.stringify(this.listed)) this.listed = found;
    return this.listed;
  }

  private add(explanation: Explanation<OfHost>): Explanation<OfHost> {
    this.all.set(explanation.id, explanation);
    explanation.requestOf = (other) => this.resultOf(other)?.request ?? null;
    explanation.changed.connect((sender) => this.stateChanges.emit(sender));
    this.workplace.host.whenClosed(explanation.site, () => this.sweep());
    this.show(explanation);
    this.sweep();
    return explanation;
  }

  /** Drops what nobody can come back to: explanations without heat that are not shown, and those of closed documents. */
  private sweep(): void {
    for (const each of this.all.values()) {
      const audits = each.hasFindings || each.state.audit.at === "running";
      const wanted = each === this.shown || each.running || each.hasHeat || audits;
      if (wanted && !each.documentClosed) continue;
      each.dispose();
      this.all.delete(each.id);
      if (each !== this.shown) continue;
      this.shown = null;
      this.currentChanges.emit(null);
    }
    const { audited, host } = this.workplace;
    for (const site of audited.sites)
      if (host.isClosed(site) && host.again(site) === null) audited.close(site);
  }

  /** A prompt has one explanation: asking again replaces it. */
  private dropOverlapped(site: OfHost, at: SourceSpan): void {
    for (const heat of this.workplace.heat.heatsOf(site.key)) {
      if (heat.span.from > at.to || at.from > heat.span.to) continue;
      // Its heat goes with it: the new explanation may end in a question, and nobody could clear it then.
      this.workplace.heat.apply(site.key, { do: "clear", id: heat.id }, () => site.source());
      this.all.get(heat.id)?.dispose();
      this.all.delete(heat.id);
    }
  }
}
