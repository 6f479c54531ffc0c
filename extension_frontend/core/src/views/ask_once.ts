/** What a leaf asks by itself when it is opened. */
import type { AttributionResult } from "../protocol.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import type { SideQuestion } from "./side_state.js";

/** Asks by itself, once about each explanation that has come to its end. */
export type AskOnce = (state: PaneState, question: SideQuestion) => void;

export function askingOnce({ sideAsked }: Pick<PaneEvents, "sideAsked">): AskOnce {
  const asked = new Map<string, AttributionResult>();
  return (state, question) => {
    const { result } = state;
    if (state.phase.at !== "done" || result === null || state[question.side].at !== "unasked") return;
    const key = JSON.stringify(question);
    if (asked.get(key) === result) return;
    asked.set(key, result);
    sideAsked(question);
  };
}
