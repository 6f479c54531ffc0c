/** What stands in the place of an answer until it is there. */

import type { ErrorResult } from "../protocol.js";
import { alignedLines } from "./aligned_lines.js";
import { button, type Child, element } from "./element.js";
import type { JobPhase } from "./job_phase.js";
import { jobSentence } from "./pane_progress.js";
import type { PaneState } from "./pane_state.js";
import type { Side, SideName } from "./side_state.js";

/** Drawn for an answer, or what to do about its absence. */
export interface SideFrame<Answer> {
  readonly side: SideName;
  /** Nothing was asked yet: what could be, and how. */
  readonly unasked: () => readonly Child[];
  readonly done: (answer: Answer) => readonly Child[];
  readonly again: () => void;
  readonly cancel: (side: SideName) => void;
}

export function sideFrame<Answer>(state: Side<Answer>, frame: SideFrame<Answer>): readonly Child[] {
  switch (state.at) {
    case "unasked":
      return frame.unasked();
    case "running":
      return sideProgress(state, () => frame.cancel(frame.side), frame.side);
    case "failed":
      return [sideProblem(state.error, frame.side, frame.again)];
    case "done":
      return frame.done(state.answer);
  }
}

/** The same for what has its answer elsewhere: how far it is, or what to do about what went wrong. */
export function sideWaiting(
  state: Side<unknown>,
  side: SideName,
  cancel: (side: SideName) => void,
  failed: (error: ErrorResult) => Child,
): readonly Child[] {
  if (state.at === "running") return sideProgress(state, () => cancel(side), side);
  return state.at === "failed" ? [failed(state.error)] : [];
}

/** What went wrong, in evidence where there is any, and what to do about it; `ways`: with a click, besides asking again. */
export function sideProblem(
  { message, lines, next_step }: ErrorResult,
  side: SideName,
  again: () => void,
  ways: readonly Child[] = [],
): HTMLElement {
  return element("div", { class: "gp-problem", role: "alert" }, [
    element("p", { class: "gp-problem-message" }, [message]),
    lines.length > 0 && alignedLines(lines),
    element("p", {}, [next_step]),
    ...ways,
    button(`${side}-again`, "Try again", again),
  ]);
}

export function sideProgress(phase: JobPhase, cancel: () => void, key: string): Child[] {
  const label = jobSentence(phase);
  return [
    element("div", { class: "gp-progress-row" }, [
      element("progress", { max: 1, value: phase.progress?.fraction ?? null, "aria-label": label }),
      button(`${key}-cancel`, "Cancel", cancel, { disabled: phase.status === "cancelling" }),
    ]),
    element("p", { class: "gp-quiet", role: "status" }, [label]),
  ];
}

/** What stands there before a leaf has asked by itself, or where that was cancelled: a button asks. */
export function unasked(state: PaneState, key: string, ask: () => void, label: string): Child[] {
  return state.phase.at === "running"
    ? [element("p", { class: "gp-quiet" }, ["Comes when the explanation is finished."])]
    : [button(`ask-${key}`, label, ask)];
}
