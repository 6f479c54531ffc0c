import type { HeatMark } from "../heat.js";
import type { SourceSpan } from "../prompt_source.js";
import type { Target } from "../protocol.js";
import type { PaneState } from "../views/pane_state.js";
import type { DrawnHeat } from "./heat_field.js";
import type { Site } from "./site.js";

/** What is kept of an explanation over a reload of the window, beside its result; as JSON. */
export interface SavedExplanation {
  readonly path: string;
  readonly cellIndex: number | null;
  readonly at: SourceSpan;
  /** What the prompt said when it was explained; null: it had no heat. */
  readonly said: string | null;
  readonly span: SourceSpan | null;
  readonly marks: readonly HeatMark[];
  readonly method: string;
  readonly options: PaneState["options"];
  readonly target: Target;
  readonly prompt: PaneState["prompt"];
}

/** Null while there is nothing to keep. `pointed`: where the person asked, for want of heat; `marks`: its colours. */
export function savedExplanation(
  { path, cellIndex }: Site,
  { result, method, options, target, prompt }: PaneState,
  heat: DrawnHeat | null,
  pointed: SourceSpan,
  marks: (result: NonNullable<PaneState["result"]>) => readonly HeatMark[],
): SavedExplanation | null {
  if (result === null || !result.checks.complete) return null;
  return {
    path,
    cellIndex,
    at: heat?.at ?? pointed,
    said: heat?.said ?? null,
    span: heat?.span ?? null,
    marks: heat === null || heat.edited ? [] : marks(result),
    method,
    options,
    target,
    prompt,
  };
}

/** Whether the prompt found at the saved place is the one that was explained. */
export function standsAsSaved({ said, span }: SavedExplanation, heat: DrawnHeat | null): boolean {
  return heat !== null && heat.said === said && heat.span.from === span?.from && heat.span.to === span.to;
}
