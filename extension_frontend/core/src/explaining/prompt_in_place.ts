import type { SourceSpan } from "../prompt_source.js";
import type { DrawnHeat } from "./heat_field.js";
import { HoleAnswers } from "./hole_answers.js";
import { type ReadingHelp, type ReadPrompt, readPrompt } from "./prompt_reading.js";
import type { PromptPlace } from "./prompt_track.js";
import type { Site } from "./site.js";
import type { Workplace } from "./workplace.js";

/** The prompt of one explanation: where it stands by now, and what it says with its holes filled. */
export class PromptInPlace<OfHost extends Site> {
  readonly answers = new HoleAnswers();
  private current: ReadPrompt | null = null;

  constructor(
    private readonly workplace: Workplace<OfHost>,
    private whereItStands: OfHost,
    private selection: SourceSpan,
    private readonly heat: () => DrawnHeat | null,
    /** Where it is followed to, also without heat. */
    private readonly tracked: () => PromptPlace | null,
    /** A prompt that is not read from the document: what a cell printed. */
    private readonly given: ReadPrompt | null,
  ) {}

  get site(): OfHost {
    return this.whereItStands;
  }

  /** As it was last read whole. */
  get read(): ReadPrompt | null {
    return this.current;
  }

  /** It is not yet read, or no longer stands as it was read. */
  get unread(): boolean {
    const heat = this.heat();
    return this.current === null || heat === null || heat.edited;
  }

  /** Where a person was pointing when they asked, moved along with the edits since. */
  get pointed(): SourceSpan {
    return this.selection;
  }

  /** Where it was found, as a phrase. */
  get origin(): string {
    if (this.current?.variable) return `variable ${this.current.variable}`;
    return this.current?.fromSelection ? `selection in ${this.site.phrase}` : this.site.phrase;
  }

  /** It stands in the document no more: its cell was deleted. What a cell printed has been read, and stays. */
  get gone(): boolean {
    return this.given === null && this.workplace.host.again(this.whereItStands) === null;
  }

  /** Its cell may stand elsewhere by now, or its file (`site`) be called otherwise. */
  relocate(site?: OfHost): void {
    this.whereItStands = site ?? this.workplace.host.again(this.whereItStands) ?? this.whereItStands;
  }

  source(): string {
    return this.site.source();
  }

  /** Reads it as it stands now; what comes of it counts only if `signal` has not been aborted. */
  async readAgain(help: Omit<ReadingHelp, "answers" | "evaluateFreely">, signal: AbortSignal) {
    this.relocate();
    this.selection = (this.heat() ?? this.tracked())?.at ?? this.selection;
    const reading =
      this.given !== null
        ? { got: "prompt" as const, prompt: this.given }
        : await readPrompt(this.source(), this.selection, this.site.language, {
            ...help,
            evaluateFreely: !this.workplace.settings.of(this.site).askBeforeEvaluating,
            answers: this.answers,
          });
    if (!signal.aborted && reading.got === "prompt") this.current = reading.prompt;
    return reading;
  }
}
