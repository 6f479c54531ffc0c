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
  const { result, method } = state;
  if (result === null) return null;
  // A first look by a quicker method is not the chosen one's.
  const by = result.method.name === method ? "" : `: ${result.method.label}`;
  if (isPartial(state)) return `partial${by}, being refined`;
  return result.checks.complete ? null : `partial${by}`;
}
