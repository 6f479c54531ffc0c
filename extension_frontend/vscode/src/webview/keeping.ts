import { type KeptPane, NOTHING_ASKED, type PaneState } from "@glasspane/core";

/** A larger state is kept without its result: VS Code writes it to disk with every window. */
const MOST_CHARACTERS = 2_000_000;
const QUIET_MS = 300;

/** Keeps what the pane shows over a reload of the window, written when nothing has changed for a moment. */
export class Keeper {
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `kept`: what the window had before. */
  constructor(
    private kept: KeptPane,
    private readonly write: (kept: KeptPane) => void,
  ) {}

  keep(change: Partial<KeptPane>): void {
    this.kept = { ...this.kept, ...change };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write({ ...this.kept, state: bounded(this.kept.state) }), QUIET_MS);
  }
}

/** The state if it is not too large; else without its result and what goes with it. */
export function bounded(state: PaneState, most = MOST_CHARACTERS): PaneState {
  const steady = settled(state);
  return JSON.stringify(steady).length <= most ? steady : { ...steady, phase: { at: "empty" }, result: null };
}

/** What a new frame shows of a kept state until the host speaks: nothing runs, and no heat is claimed. */
export function drawnAgain(kept: PaneState): PaneState {
  return { ...settled(kept), heatShown: false, focusedToken: null };
}

/** Answers beside the explanation are asked for again: matrices are large, and their jobs are over. */
function settled(state: PaneState): PaneState {
  const over = state.phase.at === "running" || state.phase.at === "asking";
  const steady = { ...state, ...NOTHING_ASKED };
  return over ? { ...steady, phase: { at: state.result === null ? "empty" : "done" } } : steady;
}
