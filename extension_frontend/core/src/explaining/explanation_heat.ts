import { joinRows } from "../grain.js";
import { type HeatMark, heatMarks, tokenRows } from "../heat.js";
import type { SourceSpan } from "../prompt_source.js";
import type { AttributionResult } from "../protocol.js";
import type { StaleReason } from "../stale.js";
import type { PaneState } from "../views/pane_state.js";
import { type DrawnHeat, type HeatStep, staleReasonOf } from "./heat_field.js";
import type { PromptInPlace } from "./prompt_in_place.js";
import type { Site } from "./site.js";
import type { Workplace } from "./workplace.js";

type Step = HeatStep extends infer Each ? (Each extends HeatStep ? Omit<Each, "id"> : never) : never;

/** The colours of one explanation in its document. */
export class ExplanationHeat<OfHost extends Site> {
  /** Colours from before the window was loaded again; the prompt itself is read anew when needed. */
  private restored: readonly HeatMark[] = [];

  constructor(
    private readonly workplace: Workplace<OfHost>,
    private readonly id: string,
    private readonly prompt: () => PromptInPlace<OfHost>,
    /** How its tokens are looked at: joined, and for which tokens of a completion. */
    private readonly view: () => Pick<PaneState, "rows" | "grain" | "holes">,
  ) {}

  /** What stands in the document; null: nothing does, and nothing is about to. */
  get drawn(): DrawnHeat | null {
    return this.workplace.heat.find(this.prompt().site.key, this.id);
  }

  get stale(): StaleReason | null {
    return this.drawn === null ? null : staleReasonOf(this.drawn);
  }

  get shown(): boolean {
    return this.drawn !== null && this.drawn.tokens.size > 0;
  }

  /** The prompt stands there; its colours are on their way. */
  begin(span: SourceSpan, at: SourceSpan): void {
    this.step({ do: "begin", span, at, language: this.prompt().site.language });
  }

  resume(): void {
    this.step({ do: "resume" });
  }

  abandon(): void {
    this.step({ do: "abandon" });
  }

  paint(result: AttributionResult, settled: boolean): void {
    if (this.stands) this.step({ do: "paint", marks: this.marks(result), settled });
  }

  /** The same scores in another view: what is out of date stays so. */
  recolour(result: AttributionResult): void {
    if (this.stands && this.drawn !== null) this.step({ do: "recolour", marks: this.marks(result) });
  }

  restore(marks: readonly HeatMark[]): void {
    this.restored = marks;
    if (this.drawn !== null) this.step({ do: "paint", marks, settled: true });
  }

  outdate(reason: StaleReason | null): void {
    this.step({ do: "outdate", reason });
  }

  point(token: number | null): void {
    this.step({ do: "point", token });
  }

  clear(): void {
    this.step({ do: "clear" });
  }

  /** The colours of its tokens, joined as the pane joins them. */
  marks(result: AttributionResult): readonly HeatMark[] {
    if (!this.stands) return this.restored;
    const { rows, grain, holes } = this.view();
    const joined = joinRows(result, tokenRows(result, rows), grain, holes);
    const groups = joined.map((row) => row.tokens);
    return heatMarks(result, this.prompt().read?.resolved ?? [], rows, groups);
  }

  /** The prompt was read from the document, or given with places in it. */
  private get stands(): boolean {
    return (this.prompt().read?.resolved ?? []).length > 0;
  }

  private step(step: Step): void {
    const prompt = this.prompt();
    this.workplace.heat.apply(prompt.site.key, { ...step, id: this.id } as HeatStep, () => prompt.source());
  }
}
