import type { PaneState } from "./pane_state.js";

/** What is shown is still being refined. */
export function isPartial({ phase, result }: Pick<PaneState, "phase" | "result">): boolean {
  return (
    phase.at === "running" &&
    result !== null &&
    (result === phase.progress?.partial || !result.checks.complete)
  );
}

/** What a person is told about an unfinished result, beside its heading. */
export function badge(state: PaneState): string | null {
  if (isPartial(state)) return "partial, being refined";
  return state.result?.checks.complete === false ? "partial" : null;
}
